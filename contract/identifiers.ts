/** Words that generated code may not use as a name: the language's own, and what every generated file imports. */
export const RESERVED_IDENTIFIERS: ReadonlySet<string> = new Set(
  (
    "break case catch class const continue debugger default delete do else enum export extends false finally for function if import in " +
    "instanceof new null return super switch this throw true try typeof var void while with yield let static await async of " +
    "implements interface package private protected public arguments eval undefined " +
    "Counter Gauge Histogram SpanDefinition EventDefinition MetricDefinition counter gauge histogram span event ErrorCode ERROR_CODES"
  ).split(" "),
);

/**
 * The constant of a metric: its name without `offing.` and without its own domain, in camelCase.
 *
 * `offing.chain.failures.recent` in chain is `failuresRecent`, `offing.ledger.cursor` is `ledgerCursor`,
 * `oracle.required.failures` is `oracleRequiredFailures`.
 */
export function metricIdentifier(domain: string, name: string): string {
  return camel(shorten(domain, name));
}

/** The constant of a span: as a metric's, from its type, with `Span` at the end. */
export function spanIdentifier(domain: string, type: string): string {
  return `${camel(shorten(domain, type))}Span`;
}

/** The constant of a log event: as a metric's, with `Event` at the end. */
export function eventIdentifier(domain: string, name: string): string {
  return `${camel(shorten(domain, name))}Event`;
}

/** The type of a closed set: `reason_code` is `ReasonCode`. */
export function typeIdentifier(domain: string, key: string): string {
  return pascal(shorten(domain, key));
}

/** The values of a closed set: `reason_code` is `REASON_CODES`. */
export function valuesIdentifier(domain: string, key: string): string {
  return plural(words(shorten(domain, key)).join("_").toUpperCase());
}

/** `ledgerCursor` is `LedgerCursor`, `rpc.outcome` is `RpcOutcome`. */
export function pascal(name: string): string {
  const word = camel(name);
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function shorten(domain: string, name: string): string {
  const own = `offing.${domain}.`;
  if (name.startsWith(own)) return name.slice(own.length);
  return name.startsWith("offing.") ? name.slice("offing.".length) : name;
}

function camel(name: string): string {
  return words(name)
    .map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join("");
}

function words(name: string): readonly string[] {
  return name.split(/[._]/u).filter((word) => word !== "");
}

function plural(word: string): string {
  if (/[^AEIOU]Y$/u.test(word)) return `${word.slice(0, -1)}IES`;
  return /(S|X|CH|SH)$/u.test(word) ? `${word}ES` : `${word}S`;
}
