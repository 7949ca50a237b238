import { GENERATE_COMMAND } from "./emit-typescript.ts";
import type { Attribute, Contract, Domain, LogEvent, Metric, Span, Use } from "./model.ts";
import { prometheusSeries } from "./prometheus-name.ts";
import type { Described } from "./shape.ts";

/** An attribute in `contract.json`. */
interface JsonAttribute extends Described {
  readonly key: string;
  readonly domain: string;
  readonly prometheus: string;
  readonly type: Attribute["type"];
  /** The closed set, with each value's own marks. */
  readonly members?: readonly ({ readonly value: string } & Described)[];
  readonly bound?: string;
  readonly private?: string;
}

/** A label of a metric in `contract.json`. */
interface JsonLabel {
  readonly key: string;
  readonly prometheus: string;
  readonly values?: readonly string[];
  readonly bound?: string;
}

/** A metric in `contract.json`. */
export interface JsonMetric extends Described {
  readonly name: string;
  readonly domain: string;
  readonly instrument: Metric["instrument"];
  readonly unit: string;
  readonly resource: Metric["resource"];
  /** `name` is the family, `series` every name it takes in Prometheus. */
  readonly prometheus: { readonly name: string; readonly series: readonly string[] };
  readonly labels: readonly JsonLabel[];
  readonly buckets?: readonly number[];
  readonly ledger?: Metric["ledger"];
  readonly siblings?: Metric["siblings"];
}

/** An attribute of a span or an event in `contract.json`. */
export interface JsonUse {
  readonly key: string;
  readonly required: boolean;
}

/** A span in `contract.json`; `name` stands on the span. */
interface JsonSpan extends Described {
  readonly type: string;
  readonly domain: string;
  readonly name: string;
  readonly kind: Span["kind"];
  readonly attributes: readonly JsonUse[];
}

/** A log event in `contract.json`. */
export interface JsonEvent extends Described {
  readonly name: string;
  readonly domain: string;
  readonly severity: LogEvent["severity"];
  readonly attributes: readonly JsonUse[];
}

/** The whole contract for readers outside TypeScript; every list is sorted by domain and name. */
export interface ContractJson {
  readonly generated: string;
  readonly format: "offing-contract/1";
  readonly attributes: readonly JsonAttribute[];
  readonly metrics: readonly JsonMetric[];
  readonly spans: readonly JsonSpan[];
  readonly events: readonly JsonEvent[];
  readonly errors: Contract["errors"];
}

/** Turns the contract into what `contract.json` holds. */
export function contractJson(contract: Contract): ContractJson {
  const all = <T, R>(list: (domain: Domain) => readonly T[], turn: (item: T) => R): readonly R[] =>
    contract.domains.flatMap((domain) => list(domain).map(turn));
  return {
    generated: `DO NOT EDIT: run \`${GENERATE_COMMAND}\`.`,
    format: "offing-contract/1",
    attributes: all(({ attributes }) => attributes, jsonAttribute),
    metrics: all(({ metrics }) => metrics, jsonMetric),
    spans: all(
      ({ spans }) => spans,
      ({ uses, ...rest }) => ({ ...rest, attributes: uses.map(jsonUse) }),
    ),
    events: all(
      ({ events }) => events,
      ({ uses, ...rest }) => ({ ...rest, attributes: uses.map(jsonUse) }),
    ),
    errors: contract.errors,
  };
}

/** Writes `contract.json`, in the form the formatter of this repository keeps: a list of plain values on one line where it fits. */
export function emitJson(contract: Contract): string {
  const text = JSON.stringify(contractJson(contract), null, 2);
  return `${text.replace(PLAIN_LIST, (list: string, head: string, items: string, end: string) => {
    const line = `${head}[${items.trim().replace(/,\n\s*/gu, ", ")}]${end}`;
    return line.length <= LINE_WIDTH ? line : list;
  })}\n`;
}

const LINE_WIDTH = 140;
const PLAIN_LIST = /^( *(?:"\w+": )?)\[\n((?: *(?:"(?:[^"\\]|\\.)*"|-?\d[\d.e+-]*),?\n)+) *\](,?)$/gmu;

function jsonAttribute({ members, bound, private: secret, ...rest }: Attribute): JsonAttribute {
  return {
    ...rest,
    ...(members.length > 0 && { members }),
    ...(bound !== undefined && { bound }),
    ...(secret !== undefined && { private: secret }),
  };
}

function jsonMetric({ prometheus, labels, buckets, ledger, siblings, ...rest }: Metric): JsonMetric {
  return {
    ...rest,
    prometheus: { name: prometheus, series: prometheusSeries(rest) },
    labels: labels.map(jsonLabel),
    ...(buckets !== undefined && { buckets }),
    ...(ledger !== undefined && { ledger }),
    ...(siblings.length > 0 && { siblings }),
  };
}

function jsonLabel({ key, prometheus, members, bound }: Attribute): JsonLabel {
  return {
    key,
    prometheus,
    ...(members.length > 0 && { values: members.map(({ value }) => value) }),
    ...(bound !== undefined && { bound }),
  };
}

function jsonUse({ attribute, required }: Use): JsonUse {
  return { key: attribute.key, required };
}
