/** A dashboard in Grafana's classic JSON model, as far as ours use it. */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags?: readonly string[];
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly Annotation[] };
}

/** A panel or a row; a collapsed row holds its panels, an open one is followed by them. */
export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: GridPos;
  readonly datasource?: DataSource;
  readonly targets?: readonly Target[];
  readonly fieldConfig?: { readonly defaults: FieldDefaults };
  readonly options?: object;
  readonly collapsed?: boolean;
  readonly panels?: readonly Panel[];
}

/** Position and size on a grid of 24 columns. */
export interface GridPos {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** A data source by its fixed uid. */
export interface DataSource {
  readonly type: string;
  readonly uid: string;
}

/** One query of a panel: PromQL or LogQL in `expr`, TraceQL in `query`. */
export interface Target {
  readonly refId: string;
  readonly expr?: string;
  readonly query?: string;
  readonly datasource?: DataSource;
  readonly legendFormat?: string;
  readonly instant?: boolean;
  readonly exemplar?: boolean;
}

/** How every value of a panel is shown. */
export interface FieldDefaults {
  readonly unit?: string;
  readonly noValue?: string;
  readonly thresholds?: { readonly steps: readonly { readonly color: string; readonly value: number | null }[] };
  readonly links?: readonly DataLink[];
}

/** A link on a value. Grafana wants nothing more of it than this. */
export interface DataLink {
  readonly title: string;
  readonly url: string;
  readonly targetBlank: boolean;
}

/** A template variable that asks a data source. */
export interface Variable {
  readonly name: string;
  readonly query: string;
  readonly datasource?: DataSource;
}

/** Marks on the time axis that come from a query. */
export interface Annotation {
  readonly name: string;
  readonly expr?: string;
  readonly titleFormat?: string;
  readonly iconColor?: string;
  readonly datasource?: DataSource;
}
