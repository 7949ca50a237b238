import type { ActionType } from "./names.ts";
import type { Frame } from "./observation.ts";
import type { Watch, WatchedContract } from "./watch.ts";

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

/** A call tracer's answer as a frame, or undefined when it is none. Inputs and outputs of no use are dropped. */
export function parseFrame(value: unknown): Frame | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const raw = value as Readonly<Record<string, unknown>>;
  const [type, from, input] = [raw["type"], raw["from"], raw["input"]];
  if (typeof type !== "string" || typeof from !== "string" || typeof input !== "string") return undefined;
  const children = raw["calls"] ?? [];
  if (!Array.isArray(children)) return undefined;
  const calls = children.map(parseFrame);
  if (!calls.every((call) => call !== undefined)) return undefined;
  const error = typeof raw["error"] === "string" ? raw["error"] : null;
  const output = error !== null && typeof raw["output"] === "string" ? raw["output"].toLowerCase() : "0x";
  const to = typeof raw["to"] === "string" ? raw["to"].toLowerCase() : null;
  return { type, from: from.toLowerCase(), to, selector: selectorOfInput(input), error, output, calls };
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
  const visit = ({ frame, path, kept }: Pick<ActionFrame, "frame" | "path" | "kept">): void => {
    const contract = frame.type === "CALL" && frame.to !== null ? contracts.get(frame.to) : undefined;
    const action = contract?.actions.get(frame.selector);
    if (contract !== undefined && action !== undefined) {
      found.push({ frame, path, contract, action, kept });
      return;
    }
    for (const [index, call] of frame.calls.entries()) {
      visit({ frame: call, path: `${path}.${index}`, kept: kept && frame.error === null });
    }
  };
  visit({ frame: root, path: "0", kept: true });
  return found;
}

/**
 * The address in whose context a failed frame's bytes first appeared: from the frame down through calls that failed with the same bytes.
 *
 * Code that runs by DELEGATECALL speaks for the contract that runs it. Null for a creation, which has no address yet.
 */
export function revertOrigin(frame: Frame): string | null {
  const descend = (present: Frame, context: string | null): string | null => {
    if (present.output.length <= 2) return context;
    const source = present.calls.findLast((call) => call.error !== null && call.output === present.output);
    return source === undefined ? context : descend(source, contextOf(source, context));
  };
  return descend(frame, frame.to);
}

function contextOf(frame: Frame, caller: string | null): string | null {
  if (frame.type === "DELEGATECALL" || frame.type === "CALLCODE") return caller;
  return frame.type.startsWith("CREATE") ? null : frame.to;
}
