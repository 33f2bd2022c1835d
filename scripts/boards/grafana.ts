// A board as the JSON that Grafana provisions, in Grafana's own published model (@grafana/schema, of the version that docker-compose.yml runs).
import {
  type Dashboard,
  DashboardCursorSync,
  type DashboardLink,
  FieldColorModeId,
  type Panel as GrafanaPanel,
  LegendDisplayMode,
  MappingType,
  type RowPanel,
  SortOrder,
  ThresholdsMode,
  TooltipDisplayMode,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/schema'
import type { Options as StatOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen'
import type { Options as TableOptions } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen'
import type { Options as TimeSeriesOptions } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen'
import { type Board, boardNames, type Panel, type Shown, uidOf } from './board.ts'
import { placesOf } from './places.ts'

/** Of the uid in infra/grafana/provisioning/datasources. */
export const datasource = { type: 'prometheus', uid: 'prometheus' }
const SCHEMA_VERSION = 41

export const dashboardOf = (board: Board): Dashboard => ({
  uid: uidOf(board.name),
  title: board.title,
  description: board.description,
  tags: ['zaplog'],
  editable: false,
  graphTooltip: DashboardCursorSync.Crosshair,
  schemaVersion: SCHEMA_VERSION,
  refresh: '30s',
  time: { from: 'now-1h', to: 'now' },
  timezone: 'browser',
  links: boardNames.filter(name => name !== board.name && name !== 'account').map(linkTo),
  templating: { list: board.variable === undefined ? [] : [variableOf(board.variable)] },
  panels: [...placed(board)],
})

/** Ids are counted. */
const placed = (board: Board): readonly (GrafanaPanel | RowPanel)[] =>
  placesOf(board).map(({ title, panel, place }, nth) =>
    panel === null
      ? { type: 'row', id: nth + 1, title, collapsed: false, panels: [], gridPos: place }
      : panelOf(panel, { id: nth + 1, gridPos: place }),
  )

type Place = Required<Pick<GrafanaPanel, 'id' | 'gridPos'>>

function panelOf(panel: Panel, place: Place): GrafanaPanel {
  const { title, tells, cli, down, shows = 'lines', queries } = panel
  return {
    ...place,
    type: { lines: 'timeseries', number: 'stat', table: 'table' }[shows],
    title,
    description: `${tells}\n\nOn the command line: \`${cli}\``,
    datasource,
    links: [linkTo(down)],
    targets: queries.map((shown, nth) => targetOf(shown, { nth, isTable: shows === 'table' })),
    fieldConfig: { defaults: fieldsOf(panel), overrides: [] },
    options: optionsOf[shows],
  }
}

function targetOf({ query, legend = '' }: Shown, { nth, isTable }: { nth: number; isTable: boolean }) {
  const labels = query.by.map(label => `{{${label}}}`)
  return {
    refId: String.fromCharCode('A'.charCodeAt(0) + nth),
    datasource,
    editorMode: 'code',
    expr: query.expr,
    legendFormat: [legend, ...labels].filter(part => part !== '').join(' ') || '__auto',
    ...(isTable ? { instant: true, range: false, format: 'table' } : { instant: false, range: true }),
  }
}

function fieldsOf({ queries, redFrom, redBelow }: Panel) {
  const unit = queries[0]?.query.unit ?? ''
  const steps =
    redBelow !== undefined
      ? [
          { color: 'red', value: null },
          { color: 'green', value: redBelow },
        ]
      : [{ color: 'green', value: null }, ...(redFrom === undefined ? [] : [{ color: 'red', value: redFrom }])]
  return {
    unit: grafanaUnit(unit),
    min: 0,
    ...(unit === 'share' ? { max: 1 } : {}),
    color: {
      mode: redFrom === undefined && redBelow === undefined ? FieldColorModeId.PaletteClassic : FieldColorModeId.Thresholds,
    },
    thresholds: { mode: ThresholdsMode.Absolute, steps },
    mappings: unit === '0 or 1' ? [upOrDown] : [],
  }
}

const upOrDown = {
  type: MappingType.ValueToText,
  options: { '0': { text: 'away', color: 'red', index: 0 }, '1': { text: 'up', color: 'green', index: 1 } },
} as const

/** Of what a declaration calls its unit. */
export function grafanaUnit(unit: string): string {
  const known: Readonly<Record<string, string>> = {
    seconds: 's',
    bytes: 'bytes',
    'bytes/s': 'Bps',
    share: 'percentunit',
    '0 or 1': 'none',
    'always 1': 'none',
  }
  return known[unit] ?? `suffix: ${unit}`
}

const optionsOf = {
  lines: {
    legend: { displayMode: LegendDisplayMode.List, placement: 'bottom', showLegend: true, calcs: [] },
    tooltip: { mode: TooltipDisplayMode.Multi, sort: SortOrder.Descending },
  } satisfies TimeSeriesOptions,
  number: { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false }, colorMode: 'value' } as Partial<StatOptions>,
  table: { showHeader: true } as Partial<TableOptions>,
}

const linkTo = (name: Board['name']): DashboardLink => ({
  title: name,
  type: 'link',
  url: `/d/${uidOf(name)}`,
  tooltip: '',
  icon: 'dashboard',
  tags: [],
  asDropdown: false,
  includeVars: true,
  keepTime: true,
  targetBlank: false,
})

const variableOf = ({ name, label, metric }: NonNullable<Board['variable']>): VariableModel => ({
  name,
  type: 'query',
  datasource,
  query: { query: `label_values(${metric}, ${label})`, refId: 'variable' },
  refresh: VariableRefresh.onTimeRangeChanged,
  sort: VariableSort.alphabeticalAsc,
  multi: true,
  includeAll: true,
  allValue: '.*',
  current: { text: 'All', value: '$__all' },
})
