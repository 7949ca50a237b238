import { ERRORS_DOMAIN } from "./files.ts";
import { eventIdentifier, metricIdentifier, pascal, spanIdentifier, typeIdentifier, valuesIdentifier } from "./identifiers.ts";
import type { Attribute, Contract, Domain, ErrorEntry, LogEvent, Metric, Span, Use } from "./model.ts";

/** The command that writes every generated file; named in each banner. */
export const GENERATE_COMMAND = "./offing contract generate";

/** Writes the TypeScript of one domain: closed sets, one constant for each metric, span and event, and the list of ledger metrics. */
export function emitDomain(domain: Domain): string {
  const parts = [
    ...domain.attributes.filter(({ type }) => type === "enum").map(closedSet),
    ...domain.metrics.map(metricConstant),
    ...domain.spans.map(spanConstant),
    ...domain.events.map(eventConstant),
    ledgerMetrics(domain),
  ];
  return `${[banner(`contract/${domain.name}.yaml`), imports(domain), ...parts].join("\n\n")}\n`;
}

/** Writes the TypeScript of the error codes. */
export function emitErrors(errors: Contract["errors"]): string {
  const codes = errors.map(({ code }) => `  ${text(code)},`);
  return `${[
    banner("contract/errors.yaml"),
    [
      docblock("The catalogue of error codes: exit code, whether a retry can help, and what mends it."),
      "export const ERRORS = {",
      ...errors.map(errorLine),
      "} as const;",
    ].join("\n"),
    `${docblock("One of the codes of contract/errors.yaml.")}\nexport type ErrorCode = keyof typeof ERRORS;`,
    `${docblock("Every code, in order.")}\nexport const ERROR_CODES: readonly ErrorCode[] = [\n${codes.join("\n")}\n];`,
  ].join("\n\n")}\n`;
}

/** The first line of every generated file. */
function banner(source: string): string {
  return `// Generated from ${source}. DO NOT EDIT: run \`${GENERATE_COMMAND}\`.`;
}

function errorLine({ code, brief, exit, retry, hint }: ErrorEntry): string {
  return `  ${code}: { brief: ${text(brief)}, exit: ${exit}, retry: ${text(retry)}, hint: ${text(hint)} },`;
}

function imports(domain: Domain): string {
  const core = new Set(domain.metrics.flatMap(({ instrument }) => [instrument, `type ${pascal(instrument)}`]));
  if (domain.spans.length > 0) core.add("span").add("type SpanDefinition");
  if (domain.events.length > 0) core.add("event").add("type EventDefinition");
  core.add("type MetricDefinition");
  const foreign = [
    ...domain.metrics.flatMap(({ labels }) => labels.flatMap((label) => [label, { ...label, values: true }])),
    ...[...domain.spans, ...domain.events].flatMap(({ uses }) => uses.map(({ attribute }) => attribute)),
  ].filter((attribute) => attribute.type === "enum" && attribute.domain !== domain.name);
  const bySource = Map.groupBy(foreign, (attribute) => attribute.domain);
  const lines = [...bySource]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([source, attributes]) => {
      const names = new Set(attributes.map((one) => ("values" in one ? valuesName(one) : `type ${typeName(one)}`)));
      return importLine(names, `#contract/generated/${source}.ts`);
    });
  return [...lines, importLine(core, "#core/signal.ts")].join("\n");
}

function importLine(names: ReadonlySet<string>, from: string): string {
  const bare = (name: string): string => name.replace(/^type /u, "");
  const sorted = [...names].sort((a, b) => (bare(a) < bare(b) ? -1 : 1));
  return `import { ${sorted.join(", ")} } from ${text(from)};`;
}

function closedSet(attribute: Attribute): string {
  const type = typeName(attribute);
  const values = attribute.members.map(({ value }) => text(value));
  const brief = docblock(attribute.brief, attribute);
  return [
    `${brief}\nexport type ${type} = ${values.join(" | ")};`,
    `/** Every value of \`${attribute.key}\`, in the contract's order. */\nexport const ${valuesName(attribute)}: readonly ${type}[] = [${values.join(", ")}];`,
  ].join("\n");
}

function metricConstant(metric: Metric): string {
  const name = metricIdentifier(metric.domain, metric.name);
  const labelType = `${pascal(name)}Labels`;
  const type = `${pascal(metric.instrument)}<${labelType}>`;
  const closed = metric.labels.filter(({ type: kind }) => kind === "enum").map((label) => `${property(label.key)}: ${valuesName(label)}`);
  const fields = [
    `name: ${text(metric.name)},`,
    `instrument: ${text(metric.instrument)},`,
    `unit: ${text(metric.unit)},`,
    `brief: ${text(metric.brief)},`,
    `resource: ${text(metric.resource)},`,
    `prometheus: ${text(metric.prometheus)},`,
    `labels: ${JSON.stringify(metric.labels.map(({ key }) => key))},`,
    `closed: ${closed.length === 0 ? "{}" : `{ ${closed.join(", ")} }`},`,
    ...(metric.buckets === undefined ? [] : [`buckets: ${JSON.stringify(metric.buckets)},`]),
    ...(metric.ledger === undefined ? [] : [`ledger: ${ledgerFields(metric.ledger)},`]),
  ];
  return [
    `/** Labels of \`${name}\`. */`,
    `export type ${labelType} = ${objectType(
      metric.labels.map((attribute) => ({ attribute, required: true })),
      (label) => (label.type === "enum" ? typeName(label) : "string"),
    )};`,
    docblock(`${metric.brief} A ${metric.instrument} in ${metric.unit}, \`${metric.prometheus}\` in Prometheus.`, metric),
    `export const ${name}: ${type} = ${metric.instrument}<${labelType}>({`,
    ...fields.map((field) => `  ${field}`),
    "});",
  ].join("\n");
}

function ledgerFields(ledger: NonNullable<Metric["ledger"]>): string {
  const logs = ledger.logs === undefined ? "" : `, logs: ${JSON.stringify(ledger.logs)}`;
  return `{ select: ${text(ledger.select)}${logs} }`;
}

function spanConstant(span: Span): string {
  const name = spanIdentifier(span.domain, span.type);
  const type = `${pascal(name)}Attributes`;
  return [
    `/** Attributes of \`${name}\`. */`,
    `export type ${type} = ${objectType(span.uses, attributeType)};`,
    docblock(`${span.brief} The span \`${span.name}\`.`, span),
    `export const ${name}: SpanDefinition<${type}> = span<${type}>(${text(span.name)}, ${text(span.kind)});`,
  ].join("\n");
}

function eventConstant(event: LogEvent): string {
  const name = eventIdentifier(event.domain, event.name);
  const type = `${pascal(name)}Attributes`;
  return [
    `/** Attributes of \`${name}\`. */`,
    `export type ${type} = ${objectType(event.uses, attributeType)};`,
    docblock(`${event.brief} The log event \`${event.name}\`.`, event),
    `export const ${name}: EventDefinition<${type}> = event<${type}>(${text(event.name)}, ${text(event.severity)});`,
  ].join("\n");
}

function ledgerMetrics(domain: Domain): string {
  const names = domain.metrics
    .filter(({ resource, instrument }) => resource === "ledger" && instrument !== "gauge")
    .map(({ name }) => metricIdentifier(domain.name, name));
  return [
    docblock(`The counters and histograms of contract/${domain.name}.yaml whose totals stand in the ledger.`),
    `export const ${domain.name.toUpperCase()}_LEDGER_METRICS: readonly MetricDefinition[] = [${names.join(", ")}];`,
  ].join("\n");
}

function objectType(uses: readonly Use[], typeOf: (attribute: Attribute) => string): string {
  if (uses.length === 0) return "Readonly<Record<string, never>>";
  const lines = uses.map(({ attribute, required }) => {
    const type = typeOf(attribute);
    return `  readonly ${property(attribute.key)}${required ? `: ${type}` : `?: ${type} | undefined`};`;
  });
  return `{\n${lines.join("\n")}\n}`;
}

function attributeType(attribute: Attribute): string {
  if (attribute.type === "enum") return typeName(attribute);
  if (attribute.type === "boolean") return "boolean";
  return attribute.type === "string" ? "string" : "number";
}

function typeName(attribute: Attribute): string {
  return attribute.domain === ERRORS_DOMAIN ? "ErrorCode" : typeIdentifier(attribute.domain, attribute.key);
}

function valuesName(attribute: Attribute): string {
  return attribute.domain === ERRORS_DOMAIN ? "ERROR_CODES" : valuesIdentifier(attribute.domain, attribute.key);
}

function property(key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/u.test(key) ? key : text(key);
}

function text(value: string): string {
  return JSON.stringify(value);
}

function docblock(sentence: string, described?: { readonly deprecated?: { readonly note: string } | undefined }): string {
  const safe = sentence.replaceAll("*/", "*\\/");
  if (described?.deprecated === undefined) return `/** ${safe} */`;
  return `/**\n * ${safe}\n *\n * @deprecated ${described.deprecated.note.replaceAll("*/", "*\\/")}\n */`;
}
