import type { ContractJson } from "#contract/emit-json.ts";
import { parseTraceql, type TraceCondition } from "./traceql-parse.ts";

/** Fields that Tempo itself has, with and without their scope. */
const INTRINSICS = new Set([
  ...["name", "status", "statusMessage", "duration", "kind", "rootName", "rootServiceName", "traceDuration", "childCount", "parent"],
  ...["nestedSetParent", "nestedSetLeft", "nestedSetRight", "trace:id", "trace:duration", "trace:rootName", "trace:rootService"],
  ...["span:id", "span:name", "span:status", "span:statusMessage", "span:duration", "span:kind", "span:parentID", "span:childCount"],
]);
/** Words that stand for values. */
const VALUES = new Set(["true", "false", "nil", "ok", "error", "unset", "server", "client", "producer", "consumer", "internal"]);
/** What every emitter's resource says of itself. */
const RESOURCE = new Set([
  ...["service.name", "service.version", "service.instance.id", "service.namespace", "deployment.environment.name", "offing.network"],
]);

/** What is wrong with a TraceQL expression: its syntax, and span names, attributes and values that the contract does not know. */
export function traceqlFaults(expression: string, contract: ContractJson): readonly string[] {
  const { conditions, fields, fault } = parseTraceql(expression);
  if (fault !== undefined) return [fault];
  const names = conditions.filter(({ field, op }) => (field === "name" || field === "span:name") && (op === "=" || op === "=~"));
  const wanted = names.map((condition) => ({ condition, spans: contract.spans.filter(({ name }) => isNamed(name, condition)) }));
  const unknown = wanted
    .filter(({ spans }) => spans.length === 0)
    .map(({ condition }) => `no span of the contract is called ${condition.value.text}`);
  const spans = wanted.flatMap((one) => one.spans);
  const common = spans.map(({ attributes }) => new Set(attributes.map(({ key }) => key)));
  return [
    ...(names.length === 0 ? ["does not say which spans it means"] : []),
    ...unknown,
    ...[...new Set(fields)].flatMap((field) => fieldFaults(field, common)),
    ...conditions.flatMap((condition) => valueFaults(condition, contract)),
  ];
}

function isNamed(name: string, { op, value }: TraceCondition): boolean {
  if (op === "=") return name === value.text;
  // `command\..*` means the span that the contract calls `command.{command}`.
  const open = name.indexOf("{");
  return open >= 0 && value.text === `${name.slice(0, open).replaceAll(".", "\\.")}.*`;
}

function fieldFaults(field: string, spans: readonly ReadonlySet<string>[]): string[] {
  if (INTRINSICS.has(field) || VALUES.has(field)) return [];
  const [, scope = "", key = ""] = /^(\w*)\.(.+)$/.exec(field) ?? [];
  if (scope === "resource") return RESOURCE.has(key) ? [] : [`no resource has the attribute ${key}`];
  if (scope === "span") return spans.every((keys) => keys.has(key)) ? [] : [`not every span it names has the attribute ${key}`];
  return [`${field} has no scope: write span. or resource.`];
}

function valueFaults({ field, op, value }: TraceCondition, contract: ContractJson): string[] {
  if (!field.startsWith("span.") || value.kind !== "string" || op.includes("~")) return [];
  const members = contract.attributes.find(({ key }) => `span.${key}` === field)?.members;
  if (members === undefined || members.some((member) => member.value === value.text)) return [];
  return [`${field.slice("span.".length)} is never ${value.text}`];
}
