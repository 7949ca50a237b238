import { ERRORS, type ErrorCode } from "#contract/generated/errors.ts";

export type { ErrorCode } from "#contract/generated/errors.ts";

/** What an error carries besides its code. */
export interface OffingErrorOptions {
  /** What happened, in one sentence without a full stop at the end. */
  readonly message: string;
  /** With what: bounded, printable facts about this one case. Never a secret. */
  readonly context?: Readonly<Record<string, string | number | boolean | null>>;
  /** What to do. The catalogue's hint of the code when left out. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * The one error class of this repository.
 *
 * The code names the kind of trouble and is never reused; the catalogue says whether trying again can help and what mends it.
 * Expected outcomes of the world (a revert, a reorg) are facts, not errors.
 *
 * @see contract/errors.yaml
 */
export class OffingError extends Error {
  readonly code: ErrorCode;
  readonly context: Readonly<Record<string, string | number | boolean | null>>;
  readonly hint: string;
  readonly retry: "later" | "never";

  constructor(code: ErrorCode, options: OffingErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "OffingError";
    this.code = code;
    this.context = options.context ?? {};
    this.hint = options.hint ?? ERRORS[code].hint;
    this.retry = ERRORS[code].retry;
  }
}

/** Exit codes of every command: 0 ok, 1 failed, 2 bad configuration or usage. */
export function exitCodeOf(error: unknown): 1 | 2 {
  return error instanceof OffingError && ERRORS[error.code].exit === 2 ? 2 : 1;
}

/** Renders an error for a person: what happened, with what, what to do. */
export function renderError(error: unknown): string {
  if (!(error instanceof OffingError)) return `error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  const context = Object.entries(error.context).map(([key, value]) => `  ${key}: ${String(value)}`);
  return [`error ${error.code}: ${error.message}`, ...context, `  mend: ${error.hint}`].join("\n");
}
