import type { Answers } from "../answers.ts";
import type { Labels } from "../backends.ts";
import type { Field, FieldContext } from "../fields.ts";
import type { Html } from "../html.ts";
import type { PanelJson } from "../panel-json.ts";
import type { TimeRange } from "../time-range.ts";

/** A mark on the time axis: an annotation of the dashboard. */
export interface Mark {
  readonly atMs: number;
  readonly color: string;
  /** The annotation's name, the same for all its marks. */
  readonly name: string;
  readonly title: string;
}

/** An alert as Prometheus has it now. */
export interface ActiveAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly state: string;
  readonly activeAt: string;
}

/** What a panel is drawn from. */
export interface Subject {
  readonly panel: PanelJson;
  readonly answers: Answers;
  /** One for each series of the answers. */
  readonly fields: readonly Field[];
  readonly range: TimeRange;
  readonly marks: readonly Mark[];
  /** The room inside the panel, in pixels of the page's full width. */
  readonly box: { readonly width: number; readonly height: number };
  readonly context: FieldContext;
}

/** A drawn panel, or that it has nothing to draw. */
export type Drawing = { readonly content: Html; readonly summary: string } | { readonly empty: true };
