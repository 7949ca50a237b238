import type { Fault } from "#core/config/place.ts";
import { type ContractFiles, faultAt } from "../files.ts";
import { prometheusLabel } from "../prometheus-name.ts";
import { outputColumns } from "../select-columns.ts";
import type { LogCountShape } from "../shape.ts";

type MetricEntry = ContractFiles["metrics"][number];
const LEDGER = ["annotations", "ledger"];

/** A counter of ledger facts can be counted again by SQL at a cursor, label by label, and from the log records it names. */
export function ledgerRules(files: ContractFiles): readonly Fault[] {
  return files.metrics.flatMap((entry) => {
    const { instrument, annotations } = entry.value;
    const isLedgerCounter = instrument === "counter" && annotations.resource === "ledger";
    const { ledger } = annotations;
    if (ledger === undefined) {
      return isLedgerCounter ? [faultAt(entry, LEDGER, "a counter of ledger facts needs its `select`, which counts its current rows")] : [];
    }
    if (!isLedgerCounter) return [faultAt(entry, LEDGER, "belongs to counters with the resource `ledger` only")];
    return [...select(entry, ledger.select), ...(ledger.logs === undefined ? [] : logs(entry, { logs: ledger.logs, files }))];
  });
}

function select(entry: MetricEntry, sql: string): readonly Fault[] {
  const fault = (message: string): Fault => faultAt(entry, [...LEDGER, "select"], message);
  const columns = outputColumns(sql);
  if (columns === undefined) return [fault("must be one SELECT ... FROM whose columns can be read, without `;`")];
  const faults: Fault[] = [];
  const parameters = new Set(sql.match(/(?<!:):[A-Za-z_]\w*/gu) ?? []);
  if (!parameters.has(":cursor")) faults.push(fault("must count at `:cursor`, or it cannot be compared with what was exported"));
  if (parameters.size > 1 || sql.includes("::"))
    faults.push(fault("may hold no parameter or cast besides `:cursor`: it runs on both databases"));
  const wanted = [...entry.value.attributes.map(({ ref }) => prometheusLabel(ref)), "value"];
  const missing = wanted.filter((name) => !columns.includes(name));
  const spare = columns.filter((name) => !wanted.includes(name));
  if (missing.length > 0) faults.push(fault(`must have the output column ${missing.map((name) => `\`${name}\``).join(", ")}`));
  if (spare.length > 0)
    faults.push(fault(`has the output column ${spare.map((name) => `\`${name}\``).join(", ")}, which is neither a label nor \`value\``));
  return faults;
}

function logs(
  entry: MetricEntry,
  { logs: count, files }: { readonly logs: LogCountShape; readonly files: ContractFiles },
): readonly Fault[] {
  const needed = [...entry.value.attributes.map(({ ref }) => ref), ...Object.keys(count.where ?? {})];
  const { event, retracted, summary } = count;
  const faults = [
    ...carries(entry, { path: ["event"], name: event, needed, files }),
    ...carries(entry, { path: ["retracted"], name: retracted, needed, files }),
    ...(["event", "retracted"] as const).flatMap((field) =>
      summary === undefined
        ? []
        : carries(entry, { path: ["summary", field], name: summary[field], needed: [...needed, summary.count], files }),
    ),
  ];
  return [...faults, ...whereValues(entry, { logs: count, files })];
}

interface Wanted {
  readonly path: readonly string[];
  readonly name: string;
  readonly needed: readonly string[];
  readonly files: ContractFiles;
}

/** An event that counts must be there and carry every label. */
function carries(entry: MetricEntry, { path, name, needed, files }: Wanted): readonly Fault[] {
  const at = [...LEDGER, "logs", ...path];
  const event = files.events.find(({ value, domain }) => value.name === name && [entry.domain, "shared"].includes(domain));
  if (event === undefined) return files.broken.has(name) ? [] : [faultAt(entry, at, `names the event \`${name}\`, which is not there`)];
  const carried = new Set(event.value.attributes.map(({ ref }) => ref));
  const absent = needed.filter((key) => !carried.has(key)).map((key) => `\`${key}\``);
  return absent.length > 0 ? [faultAt(entry, at, `\`${name}\` does not carry ${absent.join(", ")}`)] : [];
}

function whereValues(
  entry: MetricEntry,
  { logs: count, files }: { readonly logs: LogCountShape; readonly files: ContractFiles },
): readonly Fault[] {
  return Object.entries(count.where ?? {}).flatMap(([key, values]) => {
    const type = files.attributes.find(({ value, domain }) => value.key === key && [entry.domain, "shared"].includes(domain))?.value.type;
    if (type === undefined || typeof type === "string") return [];
    const known = type.members.map(({ value }) => value);
    return values.flatMap((value, index) =>
      known.includes(value) ? [] : [faultAt(entry, [...LEDGER, "logs", "where", key, index], `\`${value}\` is no value of \`${key}\``)],
    );
  });
}
