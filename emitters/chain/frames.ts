import type { ActionType } from "./names.ts";
import type { Frame } from "./observation.ts";
import { setterKey, type Watch, type WatchedContract } from "./watch.ts";

/** A frame that calls an action of a watched contract. */
export interface ActionFrame {
  readonly frame: Frame;
  /** The root is `0`, its second call `0.1`. */
  readonly path: string;
  readonly contract: WatchedContract;
  readonly action: ActionType;
  /** True when every frame around it went through. */
  readonly kept: boolean;
}

/** The first four bytes of a call's input; `0x` when there are fewer. */
export function selectorOfInput(input: string): string {
  return input.length < 10 ? "0x" : input.slice(0, 10).toLowerCase();
}

/**
 * The outermost frames that call an action of a watched contract, in the order they were entered.
 *
 * Only a CALL counts: a DELEGATECALL runs foreign code in another context, and a STATICCALL cannot do anything. What such a frame calls in
 * turn belongs to it.
 */
export function actionFrames(root: Frame, { contracts }: Pick<Watch, "contracts">): readonly ActionFrame[] {
  const found: ActionFrame[] = [];
  // A path is written out for what is found only: of the frames of a block that is next to none.
  const way: number[] = [0];
  const visit = (frame: Frame, kept: boolean): void => {
    const contract = frame.type === "CALL" && frame.to !== null ? contracts.get(frame.to) : undefined;
    const action = contract?.actions.get(frame.selector);
    if (contract !== undefined && action !== undefined) {
      found.push({ frame, path: way.join("."), contract, action, kept });
      return;
    }
    const within = kept && frame.error === null;
    for (let index = 0; index < frame.calls.length; index += 1) {
      const call = frame.calls[index];
      if (call === undefined) continue;
      way.push(index);
      visit(call, within);
      way.pop();
    }
  };
  visit(root, true);
  return found;
}

/** A frame that changes a configuration and was not undone. */
export interface SetterFrame {
  readonly frame: Frame;
  readonly path: string;
}

/** The frames that call a known setter and stood, at every depth, in the order they were entered. */
export function setterFrames(root: Frame, { setters }: Pick<Watch, "setters">): readonly SetterFrame[] {
  if (setters.size === 0) return [];
  const visit = (frame: Frame, path: string): readonly SetterFrame[] => {
    if (frame.error !== null) return [];
    const own = frame.type === "CALL" && setters.has(setterKey(frame.to, frame.selector)) ? [{ frame, path }] : [];
    return [...own, ...frame.calls.flatMap((call, index) => visit(call, `${path}.${index}`))];
  };
  return visit(root, "0");
}

/** Every frame for whose sake a transaction matters. */
export function watchedFrames(root: Frame, watch: Pick<Watch, "contracts" | "setters">): readonly Frame[] {
  return [...actionFrames(root, watch), ...setterFrames(root, watch)].map(({ frame }) => frame);
}

/** Whether a frame reverted with bytes that its tracer keeps to itself. */
export function isSilent({ output }: Frame): boolean {
  return output === null;
}

/** Whether a failed frame, or a failed call below it, is silent: then nobody sees who wrote its bytes. */
export function hidesBytes(frame: Frame): boolean {
  return frame.error !== null && (isSilent(frame) || frame.calls.some(hidesBytes));
}

/** Revert bytes and the address in whose context they were written; null for a creation, which has none yet, and when nobody saw it. */
export interface Written {
  readonly by: string | null;
  readonly data: string;
}

/**
 * The revert bytes that a failed frame passes on or wrote, the first written first.
 *
 * A frame that failed with the bytes of a call below passes them on; one whose bytes hold those of a call below wraps them; one that
 * reverts without bytes right after a failed call drops them. Any other frame wrote its bytes itself. Code that runs by DELEGATECALL speaks
 * for the contract that runs it.
 */
export function writtenBytes(frame: Frame): readonly Written[] {
  return descend(frame, frame.to);
}

function descend(frame: Frame, by: string | null): readonly Written[] {
  const data = frame.output ?? "0x";
  const source = sourceOf(frame, data);
  const below = source === undefined ? [] : descend(source, contextOf(source, by));
  const passedOn = data.length <= 2 || source?.output === data;
  if (passedOn) return below;
  // A call below that failed with bytes nobody saw may have written these.
  const author = source === undefined && frame.calls.some(hidesBytes) ? null : by;
  return [...below, { by: author, data }];
}

/** The call below that a frame failed for, as far as its bytes tell. */
function sourceOf({ calls, error }: Frame, data: string): Frame | undefined {
  const failed = calls.filter((call) => call.error !== null && (call.output ?? "0x").length > 2);
  if (data.length > 2) return failed.findLast((call) => call.output === data) ?? failed.findLast((call) => holds(data, call.output ?? ""));
  const last = calls.at(-1);
  return error === "execution reverted" && last !== undefined && failed.includes(last) ? last : undefined;
}

/** Fewer than four bytes may stand anywhere by chance. */
function holds(data: string, inner: string): boolean {
  if (inner.length < 10) return false;
  for (let at = data.indexOf(inner.slice(2), 2); at !== -1; at = data.indexOf(inner.slice(2), at + 1)) if (at % 2 === 0) return true;
  return false;
}

function contextOf(frame: Frame, caller: string | null): string | null {
  if (frame.type === "DELEGATECALL" || frame.type === "CALLCODE") return caller;
  return frame.type.startsWith("CREATE") ? null : frame.to;
}
