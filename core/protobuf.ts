const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

/** No number takes more, and neither does a tag with a length. */
const HEADROOM = 32;
const FIRST_BYTES = 16_384;
/** Memory that grew beyond this, for one huge message perhaps, is not kept. */
const KEPT_BYTES = 4_000_000;
/** A longer text is written by Node's own code; for a shorter one the call costs more than it saves. */
const SHORT_TEXT = 0x7f;
/** What each character says as a hexadecimal digit. */
const NIBBLES = Uint8Array.from({ length: 128 }, (_, code) => Number.parseInt(String.fromCharCode(code), 16) || 0);

/**
 * Writes one protobuf message after the other into memory that is used again and again.
 *
 * It knows the wire format only; field numbers are the caller's. Fields are written in the order of the calls.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufWriter {
  #memory = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #view = new DataView(this.#memory.buffer);
  #length = 0;

  /** How many bytes were written since the last `take`. */
  get length(): number {
    return this.#length;
  }

  /** A number from 0 to 2^31 - 1 as a varint: enums, booleans as 0 and 1, small counts. */
  uint(field: number, value: number): void {
    this.#room(HEADROOM);
    this.#varint((field << 3) | VARINT);
    this.#varint(value);
  }

  /** A whole number as an int64 varint. */
  int64(field: number, value: number): void {
    if (value >= 0 && value < 2 ** 31) {
      this.uint(field, value);
      return;
    }
    this.#room(HEADROOM);
    this.#varint((field << 3) | VARINT);
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 0x7fn; rest >>= 7n) this.#memory[this.#length++] = Number(rest & 0x7fn) | 0x80;
    this.#memory[this.#length++] = Number(rest);
  }

  /** A fixed64 or sfixed64. */
  fixed64(field: number, value: bigint): void {
    this.#room(HEADROOM);
    this.#varint((field << 3) | FIXED64);
    this.#view.setBigUint64(this.#length, value, true);
    this.#length += 8;
  }

  /** A fixed64 given as its upper and its lower 32 bits: a bigint costs more than all the rest of the field. */
  fixed64Of(field: number, upper: number, lower: number): void {
    this.#room(HEADROOM);
    this.#varint((field << 3) | FIXED64);
    this.#view.setUint32(this.#length, lower, true);
    this.#view.setUint32(this.#length + 4, upper, true);
    this.#length += 8;
  }

  /** A packed list of fixed64. */
  fixed64s(field: number, values: readonly bigint[]): void {
    const start = this.open(field);
    this.#room(values.length * 8 + HEADROOM);
    for (const value of values) {
      this.#view.setBigUint64(this.#length, value, true);
      this.#length += 8;
    }
    this.close(start);
  }

  /** A packed list of doubles. */
  doubles(field: number, values: readonly number[]): void {
    const start = this.open(field);
    this.#room(values.length * 8 + HEADROOM);
    for (const value of values) {
      this.#view.setFloat64(this.#length, value, true);
      this.#length += 8;
    }
    this.close(start);
  }

  double(field: number, value: number): void {
    this.#room(HEADROOM);
    this.#varint((field << 3) | FIXED64);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** A string as UTF-8; half a surrogate pair becomes U+FFFD. */
  string(field: number, text: string): void {
    this.#room(text.length * 3 + HEADROOM);
    if (text.length <= SHORT_TEXT && this.#ascii(field, text)) return;
    const start = this.open(field);
    this.#length += this.#memory.write(text, start);
    this.close(start);
  }

  /** Bytes given as an even number of hexadecimal digits. */
  hex(field: number, digits: string): void {
    this.#room(digits.length + HEADROOM);
    this.#varint((field << 3) | DELIMITED);
    this.#varint(digits.length >> 1);
    const memory = this.#memory;
    let at = this.#length;
    for (let index = 0; index < digits.length; index += 2) {
      const high = NIBBLES[digits.charCodeAt(index)] ?? 0;
      memory[at++] = (high << 4) | (NIBBLES[digits.charCodeAt(index + 1)] ?? 0);
    }
    this.#length = at;
  }

  /** A field as it was read, with its tag. */
  raw(field: Buffer): void {
    this.#room(field.length);
    this.#length += field.copy(this.#memory, this.#length);
  }

  /**
   * Begins a nested message or a packed list; what is written until `close` belongs to it.
   *
   * @param kept - bytes kept for its length, 1 for what is mostly shorter than 128 bytes, 2 for what is longer: `close` is told the same
   */
  open(field: number, kept: 1 | 2 = 1): number {
    this.#room(HEADROOM);
    this.#varint((field << 3) | DELIMITED);
    this.#length += kept;
    return this.#length;
  }

  /** Ends what `open` began; it takes what `open` gave, and moves what was written when its length needs another number of bytes. */
  close(start: number, kept: 1 | 2 = 1): void {
    const size = this.#length - start;
    const more = varintSize(size) - kept;
    if (more !== 0) {
      this.#room(HEADROOM);
      this.#memory.copyWithin(start + more, start, this.#length);
    }
    this.#length = start - kept;
    this.#varint(size);
    this.#length += size;
  }

  /** The messages written so far, as bytes of their own; the writer is empty afterwards. */
  take(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#length);
    this.#memory.copy(bytes, 0, 0, this.#length);
    this.#length = 0;
    if (this.#memory.length > KEPT_BYTES) this.#use(Buffer.allocUnsafeSlow(FIRST_BYTES));
    return bytes;
  }

  #use(memory: Buffer<ArrayBuffer>): void {
    this.#memory = memory;
    this.#view = new DataView(memory.buffer);
  }

  /** Writes a short text when it is ASCII, which nearly every one is; otherwise nothing. */
  #ascii(field: number, text: string): boolean {
    const start = this.#length;
    this.#varint((field << 3) | DELIMITED);
    this.#varint(text.length);
    const memory = this.#memory;
    let at = this.#length;
    this.#length = start;
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) return false;
      memory[at++] = unit;
    }
    this.#length = at;
    return true;
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) this.#memory[this.#length++] = (rest & 0x7f) | 0x80;
    this.#memory[this.#length++] = rest;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#memory.length) return;
    const memory = Buffer.allocUnsafeSlow(Math.max(this.#memory.length * 2, this.#length + bytes));
    this.#memory.copy(memory, 0, 0, this.#length);
    this.#use(memory);
  }
}

/** The parts with the tag and length before them that make them field `field` of the message around them. */
export function delimited(field: number, parts: readonly Buffer[]): Buffer[] {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.alloc(HEADROOM);
  let at = 0;
  for (let rest of [(field << 3) | DELIMITED, size]) {
    for (; rest > 0x7f; rest >>>= 7) head[at++] = (rest & 0x7f) | 0x80;
    head[at++] = rest;
  }
  return [head.subarray(0, at), ...parts];
}

/** One field of a message: a varint or 64 bits as a bigint, 32 bits as a number, everything else as bytes. */
export interface ProtobufField {
  readonly field: number;
  readonly value: bigint | number | Buffer;
  /** The field as it stands in the message, with its tag. */
  readonly raw: Buffer;
}

/**
 * Reads the fields of one message in their order.
 *
 * @throws RangeError when the bytes are no message
 */
export function* readFields(bytes: Buffer): Generator<ProtobufField> {
  let at = 0;
  const small = (): number => {
    let value = 0;
    for (let scale = 1; scale < 2 ** 42; scale *= 128) {
      const byte = bytes.readUInt8(at++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new RangeError("a tag or a length is too large");
  };
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("a varint is longer than ten bytes");
  };
  const take = (size: number): number => {
    at += size;
    if (at > bytes.length) throw new RangeError("the message ends within a field");
    return at - size;
  };
  const read = (wire: number): bigint | number | Buffer => {
    if (wire === VARINT) return varint();
    if (wire === FIXED64) return bytes.readBigUInt64LE(take(8));
    if (wire === FIXED32) return bytes.readUInt32LE(take(4));
    if (wire !== DELIMITED) throw new RangeError(`there is no wire type ${wire}`);
    const size = small();
    const start = take(size);
    return bytes.subarray(start, start + size);
  };
  while (at < bytes.length) {
    const start = at;
    const tag = small();
    const value = read(tag % 8);
    yield { field: Math.floor(tag / 8), value, raw: bytes.subarray(start, at) };
  }
}

function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}
