// The boards' queries, put to a real Prometheus: what each panel shows now.
import { expect } from 'vitest'
import type { Prometheus, Sample } from '../../../infra/services/prometheus.ts'
import type { BoardName } from '../../../scripts/boards/board.ts'
import { boards } from '../../../scripts/boards/boards.ts'
import { RATE_WINDOW } from '../../../scripts/boards/query.ts'

/** `legend`: of the query, '' where a panel has one alone. */
export type ShownSample = Sample & { legend: string }
/** By the name of the panel. */
export type Panels = ReadonlyMap<string, readonly ShownSample[]>

export const panelName = (board: BoardName, title: string): string => `${board}: ${title}`

/** What Grafana puts in place of its own words. */
export const filledIn = (expr: string, rateWindow: string): string =>
  expr.replaceAll(RATE_WINDOW, rateWindow).replaceAll('$account', '.*')

/** Rejects where a query cannot be evaluated, and where a series of its answer has a label that its legend does not tell. */
export async function askBoards(prometheus: Prometheus, isAsked: (panel: string) => boolean = () => true): Promise<Panels> {
  const all = new Map<string, readonly ShownSample[]>()
  for (const board of boards)
    for (const panel of board.rows.flatMap(row => row.panels)) {
      const name = panelName(board.name, panel.title)
      if (!isAsked(name)) continue
      const answers = panel.queries.map(async ({ query, legend = '' }) => {
        const samples = await prometheus.query(filledIn(query.expr, '30s'))
        for (const { metric } of samples) expect(query.by, name).toEqual(expect.arrayContaining(Object.keys(metric)))
        return samples.map(sample => ({ ...sample, legend }))
      })
      all.set(name, (await Promise.all(answers)).flat())
    }
  return all
}
