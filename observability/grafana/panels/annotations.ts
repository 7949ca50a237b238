import { AnnotationQueryBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { buildInfo, configInfo, drillEvent } from "#contract/generated/shared.ts";
import { DRILL_JOB } from "../../drill/catalogue.ts";
import { type LogQuery, lineSelectorOf } from "./logql.ts";
import { begun, type SelectorScope, selectorOf, sumBy, type Vector } from "./promql.ts";
import type { Legend } from "./query.ts";
import { DATA_SOURCES } from "./targets.ts";

/** Marks on the time axis of every panel of a dashboard; made by `mark`. */
export interface Mark {
  readonly name: string;
  readonly source: Vector | LogQuery;
  readonly title: string;
  readonly color: string;
}

/** A mark for each point or line that a query finds; `{{label}}` in the title is a label of the result. */
export function mark<Label extends string, const Title extends string>(
  source: Vector<Label> | LogQuery<Label>,
  { name, title, color }: { readonly name: string; readonly title: Title & Legend<Title, Label>; readonly color: string },
): Mark {
  return { name, source, title, color };
}

/** The marks that every dashboard has: a version or a configuration that began to report, and drills. */
export function commonMarks(job: SelectorScope["job"]): readonly Mark[] {
  const { series } = selectorOf({ job });
  const { lines } = lineSelectorOf({ job: DRILL_JOB });
  return [
    mark(begun(sumBy(series(buildInfo), ["job", "version"])), {
      name: "Deploys",
      title: "{{job}} {{version}} began to report",
      color: "blue",
    }),
    mark(begun(sumBy(series(configInfo), ["job", "config_digest"])), {
      name: "Configurations",
      title: "{{job}} runs with configuration {{config_digest}}",
      color: "green",
    }),
    mark(lines([drillEvent]), {
      name: "Drills",
      title: "Drill {{offing_drill_name}} {{offing_drill_phase}}: {{offing_drill_target}}",
      color: "yellow",
    }),
  ];
}

/** A mark as Grafana wants it. */
export function annotationOf({ name, source, title, color }: Mark): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource("promql" in source ? DATA_SOURCES.prometheus : DATA_SOURCES.loki)
    .enable(true)
    .iconColor(color)
    .expr("promql" in source ? source.promql : source.logql)
    .titleFormat(title);
}
