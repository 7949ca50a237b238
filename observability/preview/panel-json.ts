import type { Thresholds } from "./colors.ts";

/** A dashboard as its JSON file holds it, as far as a preview reads it. Everything but the frame may be missing. */
export interface DashboardJson {
  readonly uid: string;
  readonly title: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly time?: { readonly from: string; readonly to: string };
  readonly panels: readonly PanelJson[];
  readonly templating?: { readonly list?: readonly VariableJson[] };
  readonly annotations?: { readonly list?: readonly AnnotationJson[] };
}

/** A panel or a row. */
export interface PanelJson {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: SourceJson;
  readonly targets?: readonly TargetJson[];
  readonly fieldConfig?: { readonly defaults?: FieldJson; readonly overrides?: readonly OverrideJson[] };
  readonly options?: Readonly<Record<string, unknown>>;
  readonly transformations?: readonly TransformationJson[];
  readonly interval?: string;
  readonly maxDataPoints?: number;
  readonly links?: readonly LinkJson[];
  /** A panel drawn once for each value of a variable. */
  readonly repeat?: string;
  readonly collapsed?: boolean;
  readonly panels?: readonly PanelJson[];
}

/** A data source by type and uid; the uid may be a variable. */
export interface SourceJson {
  readonly type?: string;
  readonly uid?: string;
}

/** One query. */
export interface TargetJson {
  readonly refId: string;
  readonly expr?: string;
  readonly query?: string;
  readonly datasource?: SourceJson;
  readonly legendFormat?: string;
  readonly instant?: boolean;
  readonly range?: boolean;
  readonly queryType?: string;
  readonly format?: string;
  readonly exemplar?: boolean;
  readonly maxLines?: number;
  readonly interval?: string;
  readonly hide?: boolean;
}

/** How values are shown. */
export interface FieldJson {
  readonly unit?: string;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  readonly noValue?: string;
  readonly displayName?: string;
  readonly thresholds?: Thresholds;
  readonly color?: { readonly mode?: string; readonly fixedColor?: string };
  readonly mappings?: readonly MappingJson[];
  readonly links?: readonly LinkJson[];
  readonly custom?: Readonly<Record<string, unknown>>;
}

/** Other field settings for the series that `matcher` finds. */
export interface OverrideJson {
  readonly matcher: { readonly id: string; readonly options?: unknown };
  readonly properties: readonly { readonly id: string; readonly value?: unknown }[];
}

/** Words or colours in the place of values. */
export interface MappingJson {
  readonly type: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A change of the answers before they are drawn. */
export interface TransformationJson {
  readonly id: string;
  readonly options?: Readonly<Record<string, unknown>>;
}

/** A link of a panel or a value. */
export interface LinkJson {
  readonly title: string;
  readonly url?: string;
}

/** A template variable. */
export interface VariableJson {
  readonly name: string;
  readonly type?: string;
  readonly label?: string;
  readonly hide?: number;
  readonly query?: string | { readonly query?: string; readonly label?: string; readonly stream?: string; readonly type?: number };
  readonly datasource?: SourceJson;
  readonly regex?: string;
  readonly multi?: boolean;
  readonly includeAll?: boolean;
  readonly allValue?: string;
  readonly sort?: number;
  readonly current?: { readonly text?: string | readonly string[]; readonly value?: string | readonly string[] };
}

/** Marks on the time axis. */
export interface AnnotationJson {
  readonly name: string;
  readonly enable?: boolean;
  readonly iconColor?: string;
  readonly datasource?: SourceJson;
  readonly expr?: string;
  readonly titleFormat?: string;
  readonly textFormat?: string;
  readonly builtIn?: number;
}
