// Mistakes that the types have to find: the compiler fails if one of these lines is no error.
import type { OfCustom, OfDashboard, OfOptions, OfPanel, OfQueries, OfRow } from "./shapes";

const panel: OfPanel = { type: "stat", gridPos: { x: 0, y: 0, w: 6, h: 4 } };
const row: OfRow = { id: 1, type: "row", collapsed: true, panels: [panel] };
const dashboard: OfDashboard = { schemaVersion: 42, panels: [panel, row] };

export const mistakes = [
  // @ts-expect-error a text for a number
  { ...panel, id: "1" } satisfies OfPanel,
  // @ts-expect-error a text for a number, further inside
  { ...panel, gridPos: { x: 0, y: 0, w: "6", h: 4 } } satisfies OfPanel,
  // @ts-expect-error a place of the wrong shape
  { ...panel, gridPos: [0, 0, 6, 4] } satisfies OfPanel,
  // @ts-expect-error a key that is written wrongly
  { ...panel, descripton: "What it shows." } satisfies OfPanel,
  // @ts-expect-error a setting of the defaults beside them
  { ...panel, fieldConfig: { defaults: {}, overrides: [], noValue: "None" } } satisfies OfPanel,
  // @ts-expect-error a mode that is none
  { ...panel, fieldConfig: { defaults: { thresholds: { mode: "absolut", steps: [] } }, overrides: [] } } satisfies OfPanel,
  // @ts-expect-error a text for a flag
  { ...row, collapsed: "true" } satisfies OfRow,
  // @ts-expect-error one panel where there is a list of them
  { ...row, panels: panel } satisfies OfRow,
  // @ts-expect-error a version as text
  { ...dashboard, schemaVersion: "42" } satisfies OfDashboard,
  // @ts-expect-error a number that is no member
  { ...dashboard, graphTooltip: 5 } satisfies OfDashboard,
  // @ts-expect-error half of the time
  { ...dashboard, time: { from: "now-30m" } } satisfies OfDashboard,
  // @ts-expect-error variables without their list
  { ...dashboard, templating: [{ name: "job", type: "query" }] } satisfies OfDashboard,
  // @ts-expect-error a type of variable that there is not
  { ...dashboard, templating: { list: [{ name: "job", type: "querry" }] } } satisfies OfDashboard,
  // @ts-expect-error a query that is a number
  [{ refId: "A", expr: 7 }] satisfies OfQueries,
  // @ts-expect-error a query without its name
  [{ expr: "up" }] satisfies OfQueries,
  // @ts-expect-error a way to show a legend that there is not
  { legend: { displayMode: "tabel", placement: "bottom", showLegend: true, calcs: [] } } satisfies OfOptions["timeseries"],
  // @ts-expect-error a colour mode that there is not
  { colorMode: "schema" } satisfies OfOptions["stat"],
  // @ts-expect-error an option of another panel
  { showHeader: true } satisfies OfOptions["stat"],
  // @ts-expect-error points that there are not
  { showPoints: "sometimes" } satisfies OfCustom["timeseries"],
  // @ts-expect-error a panel that nobody has thought of
  {} satisfies OfOptions["graph"],
];
