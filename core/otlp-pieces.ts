import type { OtlpPiece } from "#core/otlp-proto.ts";

/** How much one request may carry. */
export interface RequestBounds {
  readonly bytes: number;
  readonly items: number;
}

/** How many items are in these pieces. */
export function countOf(pieces: readonly OtlpPiece[]): number {
  return pieces.reduce((sum, { ends }) => sum + ends.length, 0);
}

/** The pieces in requests within the bounds, in order; an item that is larger than the bounds travels alone. */
export function requestsOf(pieces: readonly OtlpPiece[], bounds: RequestBounds): OtlpPiece[][] {
  const requests: OtlpPiece[][] = [];
  let request: OtlpPiece[] = [];
  let room = bounds;
  const close = (): void => {
    if (request.length > 0) requests.push(request);
    request = [];
    room = bounds;
  };
  for (const piece of pieces) {
    const count = piece.ends.length;
    for (let from = 0; from < count; ) {
      let to = Math.min(count, from + fitting(piece, from, room));
      if (to === from && request.length > 0) {
        close();
        continue;
      }
      to = Math.max(to, from + 1);
      const taken = stretch(piece, from, to);
      request.push(taken);
      room = { bytes: room.bytes - taken.bytes.length, items: room.items - (to - from) };
      from = to;
    }
  }
  close();
  return requests;
}

/** The first and the second half of what has at least two items. */
export function halvesOf(pieces: readonly OtlpPiece[]): readonly [OtlpPiece[], OtlpPiece[]] {
  const first: OtlpPiece[] = [];
  const second: OtlpPiece[] = [];
  let left = Math.ceil(countOf(pieces) / 2);
  for (const piece of pieces) {
    const count = piece.ends.length;
    const cut = Math.min(left, count);
    if (cut > 0) first.push(stretch(piece, 0, cut));
    if (cut < count) second.push(stretch(piece, cut, count));
    left -= cut;
  }
  return [first, second];
}

/** Each item as a piece of its own. */
export function singlesOf(piece: OtlpPiece): OtlpPiece[] {
  return piece.ends.map((_, index) => stretch(piece, index, index + 1));
}

function stretch(piece: OtlpPiece, from: number, to: number): OtlpPiece {
  if (from === 0 && to === piece.ends.length) return piece;
  const start = startOf(piece, from);
  const ends = piece.ends.slice(from, to).map((end) => end - start);
  return { ...piece, bytes: piece.bytes.subarray(start, start + (ends.at(-1) ?? 0)), ends };
}

/** How many items from `from` on there is room for. */
function fitting(piece: OtlpPiece, from: number, room: RequestBounds): number {
  const start = startOf(piece, from);
  if (piece.bytes.length - start <= room.bytes) return Math.max(0, room.items);
  const over = piece.ends.findIndex((end, index) => index >= from && end - start > room.bytes);
  return Math.max(0, Math.min(room.items, over - from));
}

function startOf({ ends }: OtlpPiece, index: number): number {
  return ends[index - 1] ?? 0;
}
