/** What the standard variables of OpenTelemetry say; the configuration file wins over them. */
export interface Environment {
  /** Signals that a variable turns off. */
  readonly off: ReadonlySet<"traces" | "metrics" | "logs">;
  readonly endpoints: { readonly [S in "traces" | "metrics" | "logs"]?: string };
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string | undefined;
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler: { readonly ratio: number; readonly followsParent: boolean };
  readonly maxQueue: number | undefined;
  readonly intervalMs: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly warnings: readonly string[];
}

const SIGNALS = ["traces", "metrics", "logs"] as const;

/**
 * Reads `OTEL_*`: each keeps its meaning, an empty one counts as unset, and one that cannot be understood is left aside with a warning, as
 * the specification demands.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export function fromEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const warnings: string[] = [];
  const text = (name: string): string | undefined => (variables[name] === "" ? undefined : variables[name]);
  const positive = (name: string): number | undefined => {
    const written = text(name);
    const value = Number(written);
    if (written === undefined || (Number.isInteger(value) && value > 0)) return written === undefined ? undefined : value;
    warnings.push(`${name} is no whole number above 0 and is left aside`);
    return undefined;
  };
  const pairs = (name: string): Readonly<Record<string, string>> => {
    const read = pairsOf(text(name) ?? "");
    if (read === undefined) warnings.push(`${name} is no list of key=value and is left aside`);
    return read ?? {};
  };
  const endpoint = (name: string): string | undefined => {
    const written = text(name);
    if (written === undefined || /^https?:\/\//u.test(written)) return written?.replace(/\/(?:v1\/(?:traces|metrics|logs)\/?)?$/u, "");
    warnings.push(`${name} is no http or https URL and is left aside`);
    return undefined;
  };
  const isDisabled = text("OTEL_SDK_DISABLED")?.toLowerCase() === "true";
  const shared = endpoint("OTEL_EXPORTER_OTLP_ENDPOINT");
  const endpoints = Object.fromEntries(
    SIGNALS.flatMap((signal) => {
      const found = endpoint(`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`) ?? shared;
      return found === undefined ? [] : [[signal, found]];
    }),
  );
  return {
    off: new Set(SIGNALS.filter((signal) => isDisabled || text(`OTEL_${signal.toUpperCase()}_EXPORTER`) === "none")),
    endpoints,
    headers: pairs("OTEL_EXPORTER_OTLP_HEADERS"),
    serviceName: text("OTEL_SERVICE_NAME"),
    resource: pairs("OTEL_RESOURCE_ATTRIBUTES"),
    sampler: samplerOf({ name: text("OTEL_TRACES_SAMPLER"), argument: text("OTEL_TRACES_SAMPLER_ARG"), warnings }),
    maxQueue: positive("OTEL_BSP_MAX_QUEUE_SIZE"),
    intervalMs: positive("OTEL_METRIC_EXPORT_INTERVAL"),
    timeoutMs: positive("OTEL_EXPORTER_OTLP_TIMEOUT"),
    warnings,
  };
}

function pairsOf(list: string): Readonly<Record<string, string>> | undefined {
  const pairs = list.split(",").filter((pair) => pair.trim() !== "");
  try {
    const read = pairs
      .map((pair) => /^\s*([^=\s]+)\s*=(.*)$/u.exec(pair))
      .map((match) => [match?.[1], decodeURIComponent(match?.[2]?.trim() ?? "")]);
    return read.every(([key]) => key !== undefined) ? (Object.fromEntries(read) as Record<string, string>) : undefined;
  } catch {
    return undefined;
  }
}

function samplerOf(written: {
  readonly name: string | undefined;
  readonly argument: string | undefined;
  readonly warnings: string[];
}): Environment["sampler"] {
  const [, prefix, kind] = /^(parentbased_)?(always_on|always_off|traceidratio)$/u.exec(written.name ?? "parentbased_always_on") ?? [];
  if (kind === undefined) {
    written.warnings.push("OTEL_TRACES_SAMPLER is not known and is left aside");
    return { ratio: 1, followsParent: true };
  }
  const argument = Number(written.argument ?? 1);
  const isRatio = argument >= 0 && argument <= 1;
  if (kind === "traceidratio" && !isRatio) written.warnings.push("OTEL_TRACES_SAMPLER_ARG is no number from 0 to 1 and is left aside");
  const ratio = kind === "always_on" ? 1 : kind === "always_off" ? 0 : isRatio ? argument : 1;
  return { ratio, followsParent: prefix !== undefined };
}
