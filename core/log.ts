import { OffingError } from "#core/errors.ts";

type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** The emitter's own log: one JSON object a line on standard error. It speaks of the process, never of the watched world. */
export interface Log {
  readonly debug: (message: string, fields?: Fields) => void;
  readonly info: (message: string, fields?: Fields) => void;
  readonly warn: (message: string, fields?: Fields) => void;
  readonly error: (message: string, fields?: Fields) => void;
}

const LEVELS = ["debug", "info", "warn", "error"] as const;

/** A log that writes what is at least `level` to `write`. */
export function createLog(options: { readonly level: (typeof LEVELS)[number]; readonly write: (line: string) => void }): Log {
  const at =
    (level: (typeof LEVELS)[number]) =>
    (message: string, fields: Fields = {}): void => {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(options.level)) return;
      options.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** A log to standard error. */
export const stderrLog: Log = createLog({ level: "info", write: (line) => process.stderr.write(line) });

/** The fields of an error, ready for a log line; no secret can stand in them because none stands in an error's context. */
export function errorFields(error: unknown): Fields {
  if (error instanceof OffingError) return { code: error.code, error: error.message, hint: error.hint, ...error.context };
  return { error: error instanceof Error ? error.message : String(error) };
}

/**
 * Says a condition once when it begins and once when it ends, however often it is met in between.
 *
 * @returns a function to call with the present condition: a text while it holds, undefined when it does not
 */
export function onChange(log: Log, name: string): (trouble: string | undefined, fields?: Fields) => void {
  let present: string | undefined;
  return (trouble, fields) => {
    if (trouble === present) return;
    if (trouble !== undefined) log.warn(`${name}: ${trouble}`, fields);
    else log.info(`${name}: well again`, fields);
    present = trouble;
  };
}
