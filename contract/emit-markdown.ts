import { GENERATE_COMMAND } from "./emit-typescript.ts";
import { eventIdentifier, metricIdentifier, spanIdentifier } from "./identifiers.ts";
import type { Attribute, Contract, Domain, LogEvent, Metric, Span, Use } from "./model.ts";
import { prometheusSeries } from "./prometheus-name.ts";
import type { Described, LogCountShape } from "./shape.ts";

/** Writes the reference page of one domain. */
export function emitDomainPage(domain: Domain): string {
  const title = domain.name === "shared" ? "Telemetry every emitter shares" : `Telemetry of the ${domain.name} emitter`;
  return page(`contract/${domain.name}.yaml`, [
    `# ${title}`,
    section("Metrics", [metricsTable(domain), ...domain.metrics.map(metricDetails)], domain.metrics.length),
    section("Spans", domain.spans.map(spanDetails), domain.spans.length),
    section("Log events", domain.events.map(eventDetails), domain.events.length),
    section("Attributes", domain.attributes.map(attributeDetails), domain.attributes.length),
  ]);
}

/** Writes the reference page of the error codes. */
export function emitErrorsPage(errors: Contract["errors"]): string {
  const rows = errors.map((error) => [code(error.code), marks(error, error.brief), String(error.exit), error.retry, error.hint]);
  return page("contract/errors.yaml", [
    "# Error codes",
    "A command ends with the exit code of its error: 1 means it failed, 2 that the configuration or the command line is wrong. " +
      "`later` means that trying again can help. A code is never reused and never means anything else.",
    table(["Code", "What happened", "Exit", "Retry", "What to do"], rows),
  ]);
}

function page(source: string, parts: readonly string[]): string {
  const banner = `<!-- Generated from ${source}. DO NOT EDIT: run \`${GENERATE_COMMAND}\`. -->`;
  return `${[banner, ...parts].filter((part) => part !== "").join("\n\n")}\n`;
}

function section(title: string, parts: readonly string[], count: number): string {
  return count === 0 ? "" : [`## ${title}`, ...parts].join("\n\n");
}

function metricsTable(domain: Domain): string {
  const rows = domain.metrics.map((metric) => [
    code(metric.prometheus),
    metric.instrument,
    metric.labels.map(({ prometheus }) => code(prometheus)).join(", "),
    marks(metric, metric.brief),
  ]);
  return table(["Prometheus name", "Kind", "Labels", "What it says"], rows);
}

function metricDetails(metric: Metric): string {
  const rows = [
    ["OTLP name", code(metric.name)],
    ["TypeScript", `${code(metricIdentifier(metric.domain, metric.name))} of ${code(`#contract/generated/${metric.domain}.ts`)}`],
    ["Unit", code(metric.unit)],
    ["Stability", metric.stability],
    ["Resource", metric.resource === "ledger" ? "ledger (`instance` is the ledger's id)" : "process (`instance` is the slot's id)"],
    ...metric.labels.map((label) => [`Label ${code(label.prometheus)}`, `${otlpKey(label)}${valuesOf(label)}`]),
    ...(metric.buckets === undefined ? [] : [["Buckets", metric.buckets.map(String).join(", ")]]),
    ...(metric.instrument === "histogram" ? [["Series", prometheusSeries(metric).slice(1).map(code).join(", ")]] : []),
    ...metric.siblings.map(({ role, prometheus, name }) => [`Sibling, ${role}`, `${code(prometheus)} (${code(name)})`]),
  ];
  const parts = [`### ${metric.prometheus}`, marks(metric, metric.brief), ...notes(metric), table(["", ""], rows)];
  if (metric.ledger !== undefined) {
    const { select, logs } = metric.ledger;
    parts.push(
      `The ledger counts the same with total + late - retracted equal to this, \`:cursor\` being \`offing_ledger_cursor\`:`,
      fence("sql", select),
    );
    if (logs !== undefined)
      parts.push(`The log records ${code(logs.event)} less ${code(logs.retracted)}${where(logs.where)}${summed(logs)} count the same.`);
  }
  return parts.join("\n\n");
}

function where(condition: Readonly<Record<string, readonly string[]>> | undefined): string {
  const parts = Object.entries(condition ?? {}).map(([key, values]) => `${code(key)} ${values.map(code).join(" or ")}`);
  return parts.length === 0 ? "" : ` with ${parts.join(" and ")}`;
}

function summed({ summary }: LogCountShape): string {
  if (summary === undefined) return "";
  return `, with as many as ${code(summary.count)} of each ${code(summary.event)} says less that of each ${code(summary.retracted)},`;
}

function spanDetails(span: Span): string {
  const constant = `Kind ${span.kind}, ${span.stability}; ${code(spanIdentifier(span.domain, span.type))} in TypeScript.`;
  return [`### ${span.name}`, marks(span, span.brief), ...notes(span), constant, usesTable(span.uses)].join("\n\n");
}

function eventDetails(event: LogEvent): string {
  const constant = `Severity ${event.severity}, ${event.stability}; ${code(eventIdentifier(event.domain, event.name))} in TypeScript.`;
  return [`### ${event.name}`, marks(event, event.brief), ...notes(event), constant, usesTable(event.uses)].join("\n\n");
}

function usesTable(uses: readonly Use[]): string {
  const rows = uses.map(({ attribute, required }) => [
    code(attribute.key),
    typeOf(attribute),
    required ? "always" : "when known",
    attribute.brief,
  ]);
  return table(["Attribute", "Type", "Present", "What it is"], rows);
}

function attributeDetails(attribute: Attribute): string {
  const parts = [`### ${attribute.key}`, marks(attribute, attribute.brief), ...notes(attribute)];
  if (attribute.type !== "enum") {
    const bound = attribute.bound === undefined ? "It has no bound and labels no metric." : `Bounded: ${attribute.bound}.`;
    const stays = attribute.private === undefined ? "" : ` It does not leave the host unless allowed: ${attribute.private}.`;
    return [...parts, `A ${attribute.type}, ${attribute.stability}. ${bound}${stays}`].join("\n\n");
  }
  const rows = attribute.members.map((member) => [code(member.value), marks(member, member.brief), member.stability]);
  return [...parts, table(["Value", "What it means", "Stability"], rows)].join("\n\n");
}

function otlpKey(label: Attribute): string {
  return label.key === label.prometheus ? "" : `${code(label.key)} in OTLP; `;
}

function valuesOf(label: Attribute): string {
  return label.type === "enum" ? label.members.map(({ value }) => code(value)).join(", ") : (label.bound ?? "");
}

function typeOf(attribute: Attribute): string {
  return attribute.type === "enum" ? "closed set" : attribute.type;
}

function marks(described: Described, sentence: string): string {
  if (described.deprecated === undefined) return sentence;
  const { renamed_to, note } = described.deprecated;
  return `**Deprecated${renamed_to === undefined ? "" : `, now ${code(renamed_to)}`}.** ${note} ${sentence}`;
}

function notes(described: Described): readonly string[] {
  return described.note === undefined ? [] : [described.note];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function fence(language: string, body: string): string {
  return `\`\`\`${language}\n${body}\n\`\`\``;
}

function code(word: string): string {
  return `\`${word}\``;
}
