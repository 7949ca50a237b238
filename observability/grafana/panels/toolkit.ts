import { PanelBuilder as BarGaugeBuilder } from "@grafana/grafana-foundation-sdk/bargauge";
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import * as common from "@grafana/grafana-foundation-sdk/common";
import { type Panel as SdkPanel, ThresholdsConfigBuilder, ThresholdsMode } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as HeatmapBuilder, HeatmapColorMode, HeatmapColorOptionsBuilder } from "@grafana/grafana-foundation-sdk/heatmap";
import { PanelBuilder as LogsBuilder } from "@grafana/grafana-foundation-sdk/logs";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TextBuilder, TextMode } from "@grafana/grafana-foundation-sdk/text";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { OffingError } from "#core/errors.ts";
import type { LogQuery } from "./logql.ts";
import type { DataLink, DataSource, GridPos, Panel } from "./model.ts";
import type { Query } from "./query.ts";
import { DATA_SOURCES, linesTarget, sourceOf, tracesTarget, valuesTarget } from "./targets.ts";
import { alertOf, type Threshold } from "./threshold.ts";
import type { TraceQuery } from "./traceql.ts";

/** What every panel says where there is nothing; a zero is drawn as a zero. */
export const NO_DATA = "no data";

/** What a reader sees of a panel before its values. */
export interface PanelText {
  /** Names the panel for ever: its id, and so every link to it, is made from this. The same panel on two dashboards has the same key. */
  readonly key: string;
  readonly title: string;
  /** Why one looks here, and what a value means. */
  readonly description: string;
  /** Where a value leads: to the lines and the traces behind it. */
  readonly links?: readonly DataLink[];
  /** What it says where there is nothing, when "no data" would say too little. */
  readonly noData?: string;
}

/** A panel with values. */
export interface ValuePanel extends PanelText {
  readonly queries: readonly [Query, ...Query[]];
  /** The alert that this panel stands for; its threshold is drawn and its runbook named. Its rule must ask what a query asks. */
  readonly alert?: string;
  /** In rows of the grid, to stand beside a taller panel. */
  readonly height?: number;
}

/** A panel that still needs its place. */
export interface PlaceablePanel {
  readonly key: string;
  readonly height: number;
  readonly place: (id: number, gridPos: GridPos) => Panel;
}

/**
 * One number now, or one for each series.
 *
 * It asks for this instant: the last value of a range would go on showing what an emitter said before it died.
 */
export function stat(spec: ValuePanel): PlaceablePanel {
  const builder = () =>
    new StatBuilder()
      .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
      .graphMode(common.BigValueGraphMode.None)
      .colorMode(thresholdOf(spec) === undefined ? common.BigValueColorMode.None : common.BigValueColorMode.Value)
      .textMode(spec.queries.length > 1 ? common.BigValueTextMode.ValueAndName : common.BigValueTextMode.Auto);
  return placeable(spec, spec.height ?? 4, () => values(builder(), spec, "instant"));
}

/** How values of several series compare now. */
export function bars(spec: ValuePanel): PlaceablePanel {
  const builder = () =>
    new BarGaugeBuilder()
      .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
      .displayMode(common.BarGaugeDisplayMode.Basic)
      .orientation(common.VizOrientation.Horizontal)
      .min(0);
  return placeable(spec, spec.height ?? 8, () => values(builder(), spec, "instant"));
}

/** How values of one unit move. */
export interface CoursePanel extends ValuePanel {
  /** Bars for counts of rare things; a line when it is left out. */
  readonly draw?: "line" | "bars";
  /** The colour of a series by its whole legend, where a value means good or bad; the others take turns. */
  readonly colors?: Readonly<Record<string, string>>;
}

/** How values move. */
export function timeseries(spec: CoursePanel): PlaceablePanel {
  return placeable(spec, spec.height ?? 8, () => values(course(spec), spec, "range"));
}

/** How many there were of each series at each moment, darker for more: a row for each series. */
export function heatmap(spec: ValuePanel): PlaceablePanel {
  const builder = () =>
    new HeatmapBuilder().calculate(false).color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme("Oranges").steps(64));
  return placeable(spec, spec.height ?? 8, () => values(builder(), spec, "range"));
}

/** Log lines, the newest first; their fields link to the trace and to the record in the ledger. */
export function logs(spec: PanelText & { readonly logs: LogQuery }): PlaceablePanel {
  const builder = () =>
    new LogsBuilder()
      .showTime(true)
      .wrapLogMessage(true)
      .enableLogDetails(true)
      .sortOrder(common.LogsSortOrder.Descending)
      .dedupStrategy(common.LogsDedupStrategy.None)
      .unit(units.NoUnit)
      .noValue(spec.noData ?? NO_DATA)
      .datasource(DATA_SOURCES.loki)
      .withTarget(linesTarget(spec.logs));
  return placeable(spec, 10, builder);
}

/** Traces that came lately, the newest first; an id opens its trace, whose spans lead to their lines and so to their records. */
export function traces(spec: PanelText & { readonly traces: TraceQuery }): PlaceablePanel {
  const builder = () =>
    new TableBuilder()
      .showHeader(true)
      .unit(units.NoUnit)
      .noValue(spec.noData ?? NO_DATA)
      .datasource(DATA_SOURCES.tempo)
      .withTarget(tracesTarget(spec.traces));
  return placeable(spec, 10, builder);
}

/** Markdown. */
export function text(spec: PanelText & { readonly markdown: string; readonly height: number }): PlaceablePanel {
  return placeable(spec, spec.height, () => new TextBuilder().mode(TextMode.Markdown).content(spec.markdown));
}

/**
 * Grafana's unit for a unit of the contract.
 *
 * @throws CONTRACT_INVALID for a unit that no panel knows to show
 */
export function grafanaUnit(ucum: string): string {
  const known = { s: units.Seconds, By: units.BytesIEC, "1": units.PercentUnit }[ucum];
  if (known !== undefined) return known;
  // What the Collector counts in bytes without saying so in the name.
  if (ucum === "{byte}") return units.BytesIEC;
  if (/^\{\w+\}$/.test(ucum)) return units.Short;
  if (/^\{\w+\}\/s$/.test(ucum)) return units.CountsPerSecond;
  throw new OffingError("CONTRACT_INVALID", { message: `no panel knows how to show the unit ${ucum}`, context: { unit: ucum } });
}

function course(spec: CoursePanel): TimeseriesBuilder {
  const draw = spec.draw ?? "line";
  const legend = new common.VizLegendOptionsBuilder()
    // The builder's own default hides the legend.
    .showLegend(true)
    .displayMode(common.LegendDisplayMode.List)
    .placement(common.LegendPlacement.Bottom)
    .calcs([]);
  const builder = new TimeseriesBuilder()
    .legend(legend)
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending))
    .drawStyle(draw === "bars" ? common.GraphDrawStyle.Bars : common.GraphDrawStyle.Line)
    .fillOpacity(draw === "bars" ? 80 : 0)
    .spanNulls(false);
  for (const [legend, fixedColor] of Object.entries(spec.colors ?? {})) {
    builder.overrideByName(legend, [{ id: "color", value: { mode: "fixed", fixedColor } }]);
  }
  if (draw === "bars") builder.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
  const mode = thresholdOf(spec) === undefined ? common.GraphThresholdsStyleMode.Off : common.GraphThresholdsStyleMode.Dashed;
  return builder.thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(mode));
}

/** The parts of the kit's builders that are the same in each. */
interface ValueBuilder extends Builder<SdkPanel> {
  datasource(source: DataSource): this;
  unit(unit: string): this;
  noValue(words: string): this;
  min(min: number): this;
  max(max: number): this;
  thresholds(thresholds: Builder<{ mode: ThresholdsMode; steps: { value: number | null; color: string }[] }>): this;
  withTarget(target: Builder<Dataquery>): this;
}

function values<B extends ValueBuilder>(builder: B, spec: ValuePanel, mode: "instant" | "range"): B {
  const unit = unitOf(spec);
  builder
    .unit(unit)
    .noValue(spec.noData ?? NO_DATA)
    .datasource(sourceOf(spec.queries[0]))
    .thresholds(steps(thresholdOf(spec), unit));
  if (unit === units.PercentUnit) builder.min(0).max(1);
  for (const [index, query] of spec.queries.entries()) builder.withTarget(valuesTarget(query, { refId: "ABCDEFGH".charAt(index), mode }));
  return builder;
}

/** Every query of a panel must be in one unit, which comes from the contract. */
function unitOf({ key, queries }: ValuePanel): string {
  const found = [...new Set(queries.map(({ source }) => grafanaUnit("promql" in source ? source.unit : "{line}")))];
  const [unit] = found;
  if (unit !== undefined && found.length === 1) return unit;
  throw new OffingError("CONTRACT_INVALID", { message: `panel ${key} mixes units: ${found.join(", ")}`, context: { panel: key } });
}

function thresholdOf({ alert }: ValuePanel): Threshold | undefined {
  return alert === undefined ? undefined : alertOf(alert).threshold;
}

/** Grafana colours from a step on; over a count means from the next one. */
function steps(threshold: Threshold | undefined, unit: string): ThresholdsConfigBuilder {
  const base = [{ color: threshold === undefined ? "text" : "green", value: null }];
  const bad = threshold === undefined ? [] : [{ color: "red", value: stepOf(threshold, unit) }];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...base, ...bad]);
}

function stepOf(threshold: Threshold, unit: string): number {
  if ("from" in threshold) return threshold.from;
  return unit === units.Short ? threshold.over + 1 : threshold.over;
}

interface FrameBuilder extends Builder<SdkPanel> {
  id(id: number): this;
  title(title: string): this;
  description(description: string): this;
  gridPos(gridPos: GridPos): this;
}

function placeable(spec: PanelText & { readonly alert?: string }, height: number, builder: () => FrameBuilder): PlaceablePanel {
  const description = spec.alert === undefined ? spec.description : `${spec.description} ${alertOf(spec.alert).sentence}`;
  const place = (id: number, gridPos: GridPos): Panel => {
    const built = builder().id(id).title(spec.title).description(description).gridPos(gridPos).build();
    const panel = JSON.parse(JSON.stringify(built)) as Panel;
    // The kit writes data links with the fields of dashboard links.
    if (spec.links === undefined || panel.fieldConfig === undefined) return panel;
    const { defaults } = panel.fieldConfig;
    return { ...panel, fieldConfig: { ...panel.fieldConfig, defaults: { ...defaults, links: spec.links } } };
  };
  return { key: spec.key, height, place };
}
