/** What the translation reads of a metric. */
export interface TranslatedMetric {
  readonly name: string;
  readonly unit: string;
  readonly instrument: "counter" | "gauge" | "histogram";
}

/** The word each unit adds to a Prometheus name; a unit outside this table is added as it is written. */
export const UNIT_WORDS: ReadonlyMap<string, string> = new Map([
  ["d", "days"],
  ["h", "hours"],
  ["min", "minutes"],
  ["s", "seconds"],
  ["ms", "milliseconds"],
  ["us", "microseconds"],
  ["ns", "nanoseconds"],
  ["By", "bytes"],
  ["KiBy", "kibibytes"],
  ["MiBy", "mebibytes"],
  ["GiBy", "gibibytes"],
  ["TiBy", "tibibytes"],
  ["KBy", "kilobytes"],
  ["MBy", "megabytes"],
  ["GBy", "gigabytes"],
  ["TBy", "terabytes"],
  ["m", "meters"],
  ["V", "volts"],
  ["A", "amperes"],
  ["J", "joules"],
  ["W", "watts"],
  ["g", "grams"],
  ["Cel", "celsius"],
  ["Hz", "hertz"],
  ["%", "percent"],
  ["1", ""],
]);

const PER_WORDS: ReadonlyMap<string, string> = new Map([
  ["s", "second"],
  ["m", "minute"],
  ["h", "hour"],
  ["d", "day"],
  ["w", "week"],
  ["mo", "month"],
  ["y", "year"],
]);

/**
 * The name a metric has in Prometheus after the default translation (underscores, with suffixes).
 *
 * A unit word that already stands anywhere in the name is not added again; a counter loses every `total` and ends in one.
 *
 * @see https://github.com/prometheus/otlptranslator `MetricNamer`, strategy UnderscoreEscapingWithSuffixes
 */
export function prometheusName(metric: TranslatedMetric): string {
  const words = metric.name.split(/[^A-Za-z0-9:]+/u).filter((word) => word !== "");
  let tokens = [...words, ...unitTokens(words, metric.unit)];
  if (metric.instrument === "counter") tokens = [...tokens.filter((token) => token !== "total"), "total"];
  if (metric.instrument === "gauge" && metric.unit === "1") tokens = [...tokens.filter((token) => token !== "ratio"), "ratio"];
  const name = tokens.join("_");
  return /^[0-9]/u.test(name) ? `_${name}` : name;
}

/** The label an attribute key becomes in Prometheus. */
export function prometheusLabel(key: string): string {
  const label = key.replace(/[^A-Za-z0-9_]/gu, "_");
  if (/^[0-9]/u.test(label)) return `key_${label}`;
  return /^_(?!_)/u.test(label) ? `key${label}` : label;
}

/** Every name a metric takes in Prometheus: a histogram has three series besides the name of its family. */
export function prometheusSeries(metric: TranslatedMetric): readonly string[] {
  const name = prometheusName(metric);
  return metric.instrument === "histogram" ? [name, `${name}_bucket`, `${name}_count`, `${name}_sum`] : [name];
}

function unitTokens(words: readonly string[], unit: string): readonly string[] {
  const [main = "", per = ""] = splitOnce(unit);
  const mainToken = isAnnotation(main) ? "" : clean(UNIT_WORDS.get(main) ?? main);
  const perToken = isAnnotation(per) || per === "" ? "" : trimEnd(clean(`per_${PER_WORDS.get(per) ?? per}`));
  const added = [mainToken, perToken === "per" ? "" : perToken].map((token) => (words.includes(token) ? "" : token));
  // A blank at the end of the first stays unless a second follows: so the library does it.
  const [first = "", second = ""] = added;
  return [second === "" ? first : trimEnd(first), second].filter((token) => token !== "");
}

function splitOnce(unit: string): readonly string[] {
  const slash = unit.indexOf("/");
  return (slash < 0 ? [unit] : [unit.slice(0, slash), unit.slice(slash + 1)]).map((part) => part.trim());
}

function isAnnotation(unit: string): boolean {
  return /[{}]/u.test(unit);
}

function clean(word: string): string {
  return word
    .replace(/[^A-Za-z0-9:]/gu, "_")
    .replace(/_{2,}/gu, "_")
    .replace(/^_/u, "");
}

function trimEnd(word: string): string {
  return word.replace(/_$/u, "");
}
