import type { Fault } from "#core/config/place.ts";
import { type ContractFiles, faultAt } from "../files.ts";
import { prometheusName, UNIT_WORDS } from "../prometheus-name.ts";
import { lookUp } from "../resolve.ts";

type MetricEntry = ContractFiles["metrics"][number];

/** Each metric has a base unit, buckets where they belong, bounded labels, and the Prometheus name it says it has. */
export function metricRules(files: ContractFiles): readonly Fault[] {
  const byKey = Map.groupBy(files.attributes, ({ value }) => value.key);
  return files.metrics.flatMap((entry) => [
    ...unit(entry),
    ...buckets(entry),
    ...declaredName(entry),
    ...labels(entry, (key) => lookUp(byKey.get(key), entry.domain)),
  ]);
}

function unit(entry: MetricEntry): readonly Fault[] {
  const { unit: text, instrument } = entry.value;
  if (text === "s" || text === "By" || /^\{[A-Za-z][A-Za-z0-9_]*\}$/u.test(text)) return [];
  if (text === "1") {
    if (instrument !== "gauge") return [];
    return [faultAt(entry, ["unit"], "`1` on a gauge adds `_ratio` to its name; write what it counts, such as {block}, or {ratio}")];
  }
  const word = UNIT_WORDS.get(text);
  const what = word === undefined ? "is not known" : `(${word}) is no base unit`;
  return [faultAt(entry, ["unit"], `unit \`${text}\` ${what}; use s, By, or what is counted in braces, such as {block}`)];
}

function buckets(entry: MetricEntry): readonly Fault[] {
  const { instrument, annotations } = entry.value;
  const bounds = annotations.buckets;
  const path = ["annotations", "buckets"];
  if (instrument !== "histogram") return bounds === undefined ? [] : [faultAt(entry, path, `a ${instrument} has no buckets`)];
  if (bounds === undefined || bounds.length === 0)
    return [faultAt(entry, path, "a histogram needs its bucket bounds here, in its own unit")];
  const wrong = bounds.findIndex((bound, index) => !Number.isFinite(bound) || (index > 0 && bound <= (bounds[index - 1] ?? 0)));
  return wrong < 0 ? [] : [faultAt(entry, [...path, wrong], "bucket bounds must be finite and ascend")];
}

function declaredName(entry: MetricEntry): readonly Fault[] {
  const declared = entry.value.annotations.prometheus.name;
  const computed = prometheusName(entry.value);
  if (declared === computed) return [];
  return [faultAt(entry, ["annotations", "prometheus", "name"], `says \`${declared}\`, but Prometheus will call it \`${computed}\``)];
}

function labels(entry: MetricEntry, find: (key: string) => ContractFiles["attributes"][number] | undefined): readonly Fault[] {
  return entry.value.attributes.flatMap(({ ref, requirement_level }, index) => {
    const path = ["attributes", index];
    const faults: Fault[] = [];
    if (requirement_level !== "required")
      faults.push(faultAt(entry, [...path, "requirement_level"], "must be required: a label is always there"));
    const attribute = find(ref)?.value;
    if (attribute !== undefined && typeof attribute.type === "string" && attribute.annotations === undefined) {
      const mend = "give it `members`, or say in `annotations.bound` why it has few values";
      faults.push(faultAt(entry, [...path, "ref"], `\`${ref}\` has no bound and may not be a label; ${mend}`));
    }
    return faults;
  });
}
