import { PanelBuilder as BarGaugeBuilder } from "@grafana/grafana-foundation-sdk/bargauge";
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import * as common from "@grafana/grafana-foundation-sdk/common";
import { type Panel as SdkPanel, ThresholdsConfigBuilder, ThresholdsMode } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as LogsBuilder } from "@grafana/grafana-foundation-sdk/logs";
import { DataqueryBuilder as LokiBuilder } from "@grafana/grafana-foundation-sdk/loki";
import { DataqueryBuilder as PrometheusBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TextBuilder, TextMode } from "@grafana/grafana-foundation-sdk/text";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { OffingError } from "#core/errors.ts";
import type { LogQuery } from "./logql.ts";
import type { DataLink, DataSource, GridPos, Panel } from "./model.ts";
import type { Vector } from "./promql.ts";

/** The data sources of provisioning/datasources, by their fixed uids. */
export const DATA_SOURCES: Readonly<Record<"prometheus" | "loki" | "tempo", DataSource>> = {
  prometheus: { type: "prometheus", uid: "prometheus" },
  loki: { type: "loki", uid: "loki" },
  tempo: { type: "tempo", uid: "tempo" },
};

/** What every panel says where there is nothing; a zero is drawn as a zero. */
export const NO_DATA = "no data";

/** What a reader sees of a panel before its values. */
export interface PanelText {
  /** Names the panel for ever: its id, and so every link to it, is made from this. The same panel on two dashboards has the same key. */
  readonly key: string;
  readonly title: string;
  /** Why one looks here, and what a value means. */
  readonly description: string;
  readonly links?: readonly DataLink[];
}

/** One query of a panel; `legend` uses Grafana's `{{label}}`. */
export type Query =
  | { readonly vector: Vector; readonly legend: string; readonly exemplars?: boolean }
  | { readonly logs: LogQuery; readonly legend: string };

/** Where a value turns bad: over a number, or from it on. The alert beside it uses the same one. */
export type Threshold = { readonly over: number } | { readonly from: number };

/** A panel with values. */
export interface ValuePanel extends PanelText {
  readonly queries: readonly [Query, ...Query[]];
  readonly threshold?: Threshold;
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
  const builder = new StatBuilder()
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(spec.threshold === undefined ? common.BigValueColorMode.None : common.BigValueColorMode.Value)
    .textMode(spec.queries.length > 1 ? common.BigValueTextMode.ValueAndName : common.BigValueTextMode.Auto);
  return placeable(spec, 4, () => values(builder, spec, "instant"));
}

/** How values of several series compare now. */
export function bars(spec: ValuePanel): PlaceablePanel {
  const builder = new BarGaugeBuilder()
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .displayMode(common.BarGaugeDisplayMode.Basic)
    .orientation(common.VizOrientation.Horizontal)
    .min(0);
  return placeable(spec, 8, () => values(builder, spec, "instant"));
}

/** How values move; `draw: "bars"` for counts of rare things. */
export function timeseries(spec: ValuePanel & { readonly draw?: "line" | "bars" }): PlaceablePanel {
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
  if (draw === "bars") builder.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal));
  const mode = spec.threshold === undefined ? common.GraphThresholdsStyleMode.Off : common.GraphThresholdsStyleMode.Dashed;
  builder.thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(mode));
  return placeable(spec, 8, () => values(builder, spec, "range"));
}

/** Log lines, the newest first; their fields link to the trace and to the record in the ledger. */
export function logs(spec: PanelText & { readonly logs: LogQuery }): PlaceablePanel {
  const builder = new LogsBuilder()
    .showTime(true)
    .wrapLogMessage(true)
    .enableLogDetails(true)
    .sortOrder(common.LogsSortOrder.Descending)
    .dedupStrategy(common.LogsDedupStrategy.None)
    .unit(units.NoUnit)
    .noValue(NO_DATA)
    .datasource(DATA_SOURCES.loki)
    .withTarget(new LokiBuilder().refId("A").datasource(DATA_SOURCES.loki).expr(spec.logs.logql).range(true).maxLines(500));
  return placeable(spec, 10, () => builder);
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
  if (/^\{\w+\}$/.test(ucum)) return units.Short;
  if (/^\{\w+\}\/s$/.test(ucum)) return units.CountsPerSecond;
  throw new OffingError("CONTRACT_INVALID", { message: `no panel knows how to show the unit ${ucum}`, context: { unit: ucum } });
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
  builder.unit(unit).noValue(NO_DATA).datasource(sourceOf(spec.queries[0])).thresholds(steps(spec.threshold, unit));
  if (unit === units.PercentUnit) builder.min(0).max(1);
  for (const [index, query] of spec.queries.entries()) builder.withTarget(target(query, { refId: "ABCDEFGH".charAt(index), mode }));
  return builder;
}

/** Every query of a panel must be in one unit, which comes from the contract. */
function unitOf({ key, queries }: ValuePanel): string {
  const found = [...new Set(queries.map((query) => grafanaUnit("vector" in query ? query.vector.unit : "{line}")))];
  const [unit] = found;
  if (unit !== undefined && found.length === 1) return unit;
  throw new OffingError("CONTRACT_INVALID", { message: `panel ${key} mixes units: ${found.join(", ")}`, context: { panel: key } });
}

function sourceOf(query: Query): DataSource {
  return "vector" in query ? DATA_SOURCES.prometheus : DATA_SOURCES.loki;
}

function target(query: Query, { refId, mode }: { refId: string; mode: "instant" | "range" }): Builder<Dataquery> {
  if ("vector" in query) {
    const builder = new PrometheusBuilder().refId(refId).datasource(DATA_SOURCES.prometheus).expr(query.vector.promql);
    builder.legendFormat(query.legend).exemplar(query.exemplars ?? false);
    return mode === "instant" ? builder.instant() : builder.range();
  }
  const builder = new LokiBuilder().refId(refId).datasource(DATA_SOURCES.loki).expr(query.logs.logql).legendFormat(query.legend);
  return builder
    .queryType(mode)
    .instant(mode === "instant")
    .range(mode === "range");
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

function placeable(spec: PanelText, height: number, builder: () => FrameBuilder): PlaceablePanel {
  const place = (id: number, gridPos: GridPos): Panel => {
    const built = builder().id(id).title(spec.title).description(spec.description).gridPos(gridPos).build();
    const panel = JSON.parse(JSON.stringify(built)) as Panel;
    // The kit writes data links with the fields of dashboard links.
    if (spec.links === undefined || panel.fieldConfig === undefined) return panel;
    const { defaults } = panel.fieldConfig;
    return { ...panel, fieldConfig: { ...panel.fieldConfig, defaults: { ...defaults, links: spec.links } } };
  };
  return { key: spec.key, height, place };
}
