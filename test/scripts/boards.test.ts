// Boards and alerts as they are generated: each panel leads somewhere, says which verb explains it, and asks for what is measured; every metric is on a board.
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { alertGroups } from '../../scripts/alerts/alerts.ts'
import { type Board, boardNames, type Panel, uidOf } from '../../scripts/boards/board.ts'
import { boards } from '../../scripts/boards/boards.ts'
import { dashboardOf, grafanaUnit } from '../../scripts/boards/grafana.ts'
import { increase, perSecond, quantile, shareOf, value } from '../../scripts/boards/query.ts'
import { program } from '../../src/cli/zaplog.ts'
import { table } from '../../src/runtime/metrics/all.ts'
import { readRoot } from '../ground/docker/compose-file.ts'

const panelsOf = (board: Board): readonly Panel[] => board.rows.flatMap(({ panels }) => panels)
const allPanels = boards.flatMap(board => panelsOf(board).map(panel => ({ board, panel })))
const alerts = alertGroups.flatMap(group => group.alerts)
const made = boards.map(board => ({
  name: board.name,
  dashboard: JSON.parse(readRoot(`infra/grafana/dashboards/${board.name}.json`)),
}))

/** The words behind `zaplog` up to the first that is an argument or an option; the verb they name has to be there. */
function isVerb(line: string): boolean {
  const [, ...words] = line.split(' ')
  let command = program
  for (const word of words) {
    if (/^(-|[A-Z])/.test(word)) break
    const next = command.commands.find(one => one.name() === word)
    if (next === undefined) return word !== words[0] && command.commands.length === 0
    command = next
  }
  const options = words.filter(word => word.startsWith('--'))
  return command.commands.length === 0 && options.every(option => command.options.some(({ long }) => long === option))
}

describe('boards', () => {
  test('[H2] are those that the product names, each once, with ids of their own and panels with ids of their own', () => {
    expect(boards.map(({ name }) => name).toSorted()).toEqual([...boardNames].toSorted())
    for (const name of ['overview', 'instances', 'media', 'webhooks', 'log', 'projections'] as const)
      expect(boardNames).toContain(name)
    expect(new Set(made.map(({ dashboard }) => dashboard.uid)).size).toBe(boards.length)
    for (const { name, dashboard } of made) {
      const ids = dashboard.panels.map((panel: { id: number }) => panel.id)
      expect(new Set(ids).size, name).toBe(ids.length)
      expect(dashboard.uid.length, 'Grafana takes 40 characters').toBeLessThanOrEqual(40)
    }
    for (const board of boards)
      expect(made.find(({ name }) => name === board.name)?.dashboard).toEqual(JSON.parse(JSON.stringify(dashboardOf(board))))
  })

  test('[H2] no panel lies on another or beside the board', () => {
    type Place = { x: number; y: number; w: number; h: number }
    for (const { name, dashboard } of made) {
      const taken = new Set<string>()
      for (const { gridPos } of dashboard.panels as readonly { gridPos: Place }[]) {
        expect(gridPos.x + gridPos.w, name).toBeLessThanOrEqual(24)
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
            expect(taken.has(`${x},${y}`), `${name} at ${x},${y}`).toBe(false)
            taken.add(`${x},${y}`)
          }
      }
    }
  })

  test('[H2] every panel and query asks the data source that is provisioned, and every link leads to a board that there is', () => {
    const { datasources } = parse(readRoot('infra/grafana/provisioning/datasources/prometheus.yml'))
    const there = { type: datasources[0].type, uid: datasources[0].uid }
    const uids = made.map(({ dashboard }) => `/d/${dashboard.uid}`)
    for (const { dashboard } of made) {
      for (const link of dashboard.links) expect(uids).toContain(link.url)
      for (const panel of dashboard.panels.filter((one: { type: string }) => one.type !== 'row')) {
        expect(panel.datasource, panel.title).toEqual(there)
        for (const target of panel.targets) expect(target.datasource, panel.title).toEqual(there)
        expect(panel.links, panel.title).toHaveLength(1)
        expect(uids, panel.title).toContain(panel.links[0].url)
      }
    }
  })

  test('[H2] each panel leads one level down, to another board, and its description names a verb that there is', () => {
    for (const { board, panel } of allPanels) {
      expect(panel.down, `${board.name}: ${panel.title}`).not.toBe(board.name)
      expect(isVerb(panel.cli), `${board.name}: ${panel.cli}`).toBe(true)
    }
    for (const no of ['zaplog nothing', 'zaplog media', 'zaplog media nothing', 'zaplog lag --nothing'])
      expect(isVerb(no), no).toBe(false)
  })

  test('[H2] every metric is on a board, and none is told in another unit than its own', () => {
    const shown = new Set(allPanels.flatMap(({ panel }) => panel.queries.flatMap(({ query }) => query.metrics)))
    expect(Object.keys(table).filter(name => !shown.has(name as keyof typeof table))).toEqual([])
    for (const { board, panel } of allPanels)
      expect(new Set(panel.queries.map(({ query }) => query.unit)).size, `${board.name}: ${panel.title} has one unit`).toBe(1)
    expect(grafanaUnit(value('zaplog_media_kept_bytes').unit)).toBe('bytes')
    expect(grafanaUnit(perSecond('zaplog_media_downloaded_bytes_total').unit)).toBe('Bps')
    expect(grafanaUnit(quantile('zaplog_append_seconds', 0.5).unit)).toBe('s')
    expect(grafanaUnit(perSecond('zaplog_commands_ended_total').unit)).toBe('suffix: commands/s')
    expect(grafanaUnit(shareOf(value('zaplog_sockets'), value('zaplog_sockets')).unit)).toBe('percentunit')
  })

  test('[H2] a query adds up over processes what is of each, and takes the greatest of what is of all', () => {
    expect(value('zaplog_sockets', { by: ['state'] }).expr).toBe('sum by (state) (zaplog_sockets)')
    expect(value('zaplog_media_pending').expr).toBe('max (zaplog_media_pending)')
    expect(increase('zaplog_accounted_by_instance_total', '5m', { by: ['instance'], where: { instance: '$account' } }).expr).toBe(
      'sum by (instance_id) (increase(zaplog_accounted_by_instance_total{instance_id=~"$account"}[5m]))',
    )
  })

  /** Never called: that each line does not compile is what is to be seen. */
  const refused = () => {
    // @ts-expect-error there is no such metric
    value('zaplog_nothing')
    // @ts-expect-error there is no such label
    value('zaplog_sockets', { by: ['colour'] })
    // @ts-expect-error there is no such word
    value('zaplog_sockets', { where: { state: 'asleep' } })
    // @ts-expect-error a gauge has no rate
    perSecond('zaplog_sockets')
  }

  test('[H2] a query of a metric, a label or a word that there is not does not compile', () => {
    expect(refused).toBeTypeOf('function')
  })
})

describe('alerts', () => {
  test('[H2] each has a name of its own, a verb, a board and a place in the documents that says what it means and what to do', () => {
    const entries = readRoot('docs/alerts.md').split(/^### /m).slice(1)
    const sections = new Map(entries.map(entry => [entry.split('\n', 1)[0], entry]))
    const anchors = [...sections.keys()].map(title => `docs/alerts.md#${title?.toLowerCase()}`)
    const { groups } = parse(readRoot('infra/prometheus/zaplog.rules.yml'))
    const rules = groups.flatMap((group: { rules: unknown[] }) => group.rules)
    expect(rules.map((rule: { alert: string }) => rule.alert)).toEqual(alerts.map(({ name }) => name))
    expect(new Set(alerts.map(({ name }) => name)).size).toBe(alerts.length)
    const uids = boards.map(({ name }) => `/d/${uidOf(name)}`)
    for (const { alert, annotations } of rules) {
      expect(anchors, alert).toContain(annotations.runbook)
      expect(uids, alert).toContain(annotations.dashboard)
      expect(isVerb(annotations.cli), `${alert}: ${annotations.cli}`).toBe(true)
      for (const words of [annotations.action, annotations.description]) expect(words.length, alert).toBeGreaterThan(40)
      expect(sections.get(alert), alert).toMatch(/\*\*Means:\*\* .+\n\n\*\*Look first at:\*\* `zaplog .+`\n\n\*\*Do:\*\* .+/)
    }
  })

  test('[H2] [H7] whatever an alert says to type is a verb, with options that it has', () => {
    for (const { name, action } of alerts)
      for (const [typed] of action.replaceAll('zaplog again', '').matchAll(/\bzaplog(?: [a-z][a-z-]*)+(?: --[a-z-]+)*/g))
        expect(isVerb(typed), `${name}: ${typed}`).toBe(true)
  })

  test('[H2] an alert asks for metrics that there are, and labels that they have', () => {
    for (const { name, expr } of alerts)
      for (const [, metric = ''] of expr.matchAll(/\b(zaplog_\w+)/g))
        expect(Object.keys(table), `${name}: ${metric}`).toContain(metric)
  })
})
