import type { Fault } from "#core/config/place.ts";
import { type ContractFiles, type Entry, ERRORS_DOMAIN, faultAt } from "../files.ts";
import { prometheusLabel, UNIT_WORDS } from "../prometheus-name.ts";

const NAME = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*(?:\.[a-z][a-z0-9]*(?:_[a-z0-9]+)*)*$/u;
const DOMAINS = ["chain", "funding", "node", "match", "social", "alerts"];

/** Beginnings beside `offing.<domain>.`: those that the seeds fix, and the Collector's own. */
const OTHER_PREFIXES: Readonly<Record<string, string>> = { chain: "oracle.required.", node: "node.", collector: "otelcol." };

/** Labels that Prometheus, the Collector or the promotion of resource attributes set themselves. */
const RESERVED_LABELS = new Set(["job", "instance", "le", "quantile", "service_name", "deployment_environment_name", "offing_network"]);

/** Every name is lower case words with dots, begins with its domain, and leaves to Prometheus what Prometheus adds. */
export function nameRules(files: ContractFiles): readonly Fault[] {
  return [
    ...files.attributes.flatMap((entry) => attributeKey(entry)),
    ...files.metrics.flatMap((entry) => [...signalName(entry, "name", entry.value.name), ...metricWords(entry)]),
    ...files.spans.flatMap((entry) => [...signalName(entry, "type", entry.value.type), ...spanName(entry)]),
    ...files.events.flatMap((entry) => signalName(entry, "name", entry.value.name)),
  ];
}

function attributeKey(entry: ContractFiles["attributes"][number]): readonly Fault[] {
  const { key } = entry.value;
  const label = prometheusLabel(key);
  if (RESERVED_LABELS.has(label) || label.startsWith("__") || label.startsWith("otel_scope_")) {
    return [faultAt(entry, ["key"], `\`${key}\` is reserved: Prometheus or the Collector sets \`${label}\` itself`)];
  }
  return NAME.test(key) ? [] : [faultAt(entry, ["key"], grammar(key))];
}

function signalName(entry: Entry<unknown>, field: string, name: string): readonly Fault[] {
  if (!NAME.test(name)) return [faultAt(entry, [field], grammar(name))];
  const other = field === "name" ? OTHER_PREFIXES[entry.domain] : undefined;
  if (other !== undefined && name.startsWith(other)) return [];
  if (entry.domain === "shared") {
    const isForeign = DOMAINS.some((domain) => name.startsWith(`offing.${domain}.`));
    if (name.startsWith("offing.") && !isForeign) return [];
    return [faultAt(entry, [field], `\`${name}\` must begin with \`offing.\` and name no emitter: every emitter shares it`)];
  }
  if (entry.domain === ERRORS_DOMAIN || name.startsWith(`offing.${entry.domain}.`)) return [];
  return [faultAt(entry, [field], `\`${name}\` must begin with \`offing.${entry.domain}.\``)];
}

function metricWords(entry: ContractFiles["metrics"][number]): readonly Fault[] {
  const { name, unit } = entry.value;
  const words = name.split(/[._]/u);
  const added = new Set(["total", ...UNIT_WORDS.values()].filter((word) => word !== ""));
  const faults = [...new Set(words)]
    .filter((word) => added.has(word))
    .map((word) =>
      faultAt(entry, ["name"], `\`${name}\` holds the word \`${word}\`, which the translation to Prometheus adds or takes away`),
    );
  const ratios = words.flatMap((word, index) => (word === "ratio" ? [index] : []));
  if (unit === "{ratio}" && words.at(-1) !== "ratio")
    faults.push(faultAt(entry, ["name"], `\`${name}\` has the unit {ratio} and must end in \`ratio\``));
  if (ratios.length > 0 && (unit !== "{ratio}" || ratios[0] !== words.length - 1)) {
    faults.push(faultAt(entry, ["name"], `\`${name}\` may hold \`ratio\` only as its last word, with the unit {ratio}`));
  }
  return faults;
}

/** A span's name may end in one of the span's required attributes, such as `command.{command}`. */
function spanName(entry: ContractFiles["spans"][number]): readonly Fault[] {
  const { note } = entry.value.name;
  const [, before = note, key] = /^(.+)\.\{([^{}]+)\}$/u.exec(note) ?? [];
  const faults = NAME.test(before) ? [] : [faultAt(entry, ["name", "note"], grammar(note))];
  const isThere = entry.value.attributes.some(({ ref, requirement_level }) => ref === key && requirement_level === "required");
  if (key !== undefined && !isThere) faults.push(faultAt(entry, ["name", "note"], `\`{${key}}\` is no required attribute of this span`));
  return faults;
}

function grammar(name: string): string {
  return `\`${name}\` must be lower-case words of a-z and 0-9, joined by single dots and underscores`;
}
