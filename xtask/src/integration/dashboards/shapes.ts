// What Grafana's schema wants of a dashboard that is written as JSON.
import type { Dashboard, DataQuery, Panel, RowPanel } from "@grafana/schema";
import type * as Heatmap from "@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen";
import type * as Stat from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type * as Table from "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen";
import type * as Timeseries from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

// In JSON a member of an enumeration is its text. What may be anything stays so.
type Written<T> = 0 extends 1 & T
  ? T
  : T extends string
    ? `${T}`
    : T extends object
      ? { [K in keyof T]: Written<T[K]> }
      : T;

// Grafana adds what is left out at the top.
type Options<T> = Written<Partial<T>>;

// The schema has no queries of Prometheus: what they have beyond all queries.
interface PrometheusQuery extends DataQuery {
  expr: string;
  legendFormat?: string;
  format?: "time_series" | "table" | "heatmap";
  instant?: boolean;
  exemplar?: boolean;
}

export type OfDashboard = Written<Dashboard>;
export type OfPanel = Written<Panel>;
export type OfRow = Written<RowPanel>;
export type OfQueries = Written<PrometheusQuery>[];

// By the types of panels: a type that is not here is one that nobody has thought of.
export interface OfOptions {
  heatmap: Options<Heatmap.Options>;
  stat: Options<Stat.Options>;
  table: Options<Table.Options>;
  timeseries: Options<Timeseries.Options>;
}
export interface OfCustom {
  heatmap: Options<Heatmap.FieldConfig>;
  stat: Record<string, never>;
  table: Options<Table.FieldConfig>;
  timeseries: Options<Timeseries.FieldConfig>;
}
