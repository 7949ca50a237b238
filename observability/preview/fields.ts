import type { Series } from "./answers.ts";
import { colorOf, INK, seriesColor, type Thresholds, thresholdColor } from "./colors.ts";
import type { FieldJson, MappingJson, OverrideJson, PanelJson } from "./panel-json.ts";
import { type Unit, unitOf } from "./units.ts";

/** How one series is shown: the panel's field settings with the overrides that match it. */
export interface Field {
  readonly name: string;
  /** The colour of the series itself; of a value see `color`. */
  readonly seriesColor: string;
  readonly unit: Unit;
  readonly thresholds: Thresholds | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly noValue: string;
  readonly custom: Readonly<Record<string, unknown>>;
  /** A value as a reader sees it. */
  readonly text: (value: number | null | undefined) => string;
  /** The colour of a value, by mapping and then by threshold. */
  readonly color: (value: number | null | undefined) => string;
}

/** What the fields of one panel need besides its JSON. */
export interface FieldContext {
  readonly nowMs: number;
  /** Told of a setting that this preview does not know. */
  readonly unknown: (what: string) => void;
}

/** How each series of a panel is shown, in their order. */
export function fieldsOf(panel: PanelJson, series: readonly Pick<Series, "name" | "refId">[], context: FieldContext): readonly Field[] {
  return series.map((one, index) => fieldOf(panel, { ...one, index }, context));
}

/** How a panel shows a value of no particular series, or that there is none. */
export function panelField(panel: PanelJson, context: FieldContext): Field {
  return fieldOf(panel, { name: "", refId: "", index: 0 }, context);
}

/** A setting of a panel's `custom` part, when it has the type wanted. */
export function customText(custom: Field["custom"], path: readonly [string, string?]): string | undefined {
  const outer = custom[path[0]];
  const value = path[1] === undefined ? outer : (outer as Record<string, unknown> | undefined)?.[path[1]];
  return typeof value === "string" ? value : undefined;
}

interface Subject {
  readonly name: string;
  readonly refId: string;
  readonly index: number;
}

function fieldOf(panel: PanelJson, subject: Subject, { nowMs, unknown }: FieldContext): Field {
  const json = (panel.fieldConfig?.overrides ?? [])
    .filter((override) => matches(override, subject, unknown))
    .reduce(overridden, panel.fieldConfig?.defaults ?? {});
  const known = unitOf(json.unit ?? "none", nowMs);
  if (known === undefined) unknown(`unit ${json.unit}`);
  const unit = known ?? unitOf("none", nowMs) ?? { format: String, scale: "decimal", stepUnit: 1 };
  const mapped = (value: number | null | undefined) => mappingOf(json.mappings ?? [], value);
  const noValue = json.noValue ?? "No data";
  const isMissing = (value: number | null | undefined): value is null | undefined =>
    value === null || value === undefined || Number.isNaN(value);
  return {
    name: json.displayName ?? subject.name,
    seriesColor: fixedColor(json, subject.index),
    unit,
    thresholds: json.thresholds,
    min: json.min,
    max: json.max,
    noValue,
    custom: json.custom ?? {},
    text: (value) => mapped(value)?.text ?? (isMissing(value) ? noValue : unit.format(value, json.decimals)),
    color: (value) => {
      const found = mapped(value)?.color;
      if (found !== undefined) return colorOf(found);
      if (json.color?.mode === "fixed") return colorOf(json.color.fixedColor);
      return isMissing(value) ? INK : thresholdColor(json.thresholds, value);
    },
  };
}

function fixedColor(json: FieldJson, index: number): string {
  return json.color?.mode === "fixed" ? colorOf(json.color.fixedColor) : seriesColor(index);
}

function matches({ matcher: { id, options } }: OverrideJson, { name, refId }: Subject, unknown: (what: string) => void): boolean {
  if (id === "byName") return options === name;
  if (id === "byFrameRefID") return options === refId;
  if (id === "byType") return options === "number";
  if (id === "byRegexp") return new RegExp(String(options).replace(/^\/|\/\w*$/g, "")).test(name);
  unknown(`override matcher ${id}`);
  return false;
}

function overridden(json: FieldJson, { properties }: OverrideJson): FieldJson {
  const values = (isCustom: boolean): Record<string, unknown> =>
    Object.fromEntries(
      properties
        .filter(({ id }) => id.startsWith("custom.") === isCustom)
        .map(({ id, value }) => [isCustom ? id.slice("custom.".length) : id, value]),
    );
  return { ...json, ...values(false), custom: { ...json.custom, ...values(true) } };
}

interface Mapped {
  readonly text?: string;
  readonly color?: string;
}

function mappingOf(mappings: readonly MappingJson[], value: number | null | undefined): Mapped | undefined {
  for (const { type, options } of mappings) {
    if (type === "value" && value !== null && value !== undefined) {
      const found = options[String(value)] as Mapped | undefined;
      if (found !== undefined) return found;
    }
    if (type === "range" && inRange(options, value)) return options["result"] as Mapped;
    if (type === "special" && isSpecial(String(options["match"]), value)) return options["result"] as Mapped;
  }
  return undefined;
}

function inRange({ from, to }: MappingJson["options"], value: number | null | undefined): boolean {
  if (value === null || value === undefined || Number.isNaN(value)) return false;
  return value >= Number(from ?? Number.NEGATIVE_INFINITY) && value <= Number(to ?? Number.POSITIVE_INFINITY);
}

function isSpecial(match: string, value: number | null | undefined): boolean {
  const isNull = value === null || value === undefined;
  if (match === "null") return isNull;
  if (match === "nan") return Number.isNaN(value);
  return match === "null+nan" && (isNull || Number.isNaN(value));
}
