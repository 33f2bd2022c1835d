// A board: panels in rows, each with queries over our metrics, what it tells, the line of the command line that tells more, and the board one level down.
import type { MetricName } from '../../src/runtime/metrics.ts'
import type { Query } from './query.ts'

export const boardNames = ['overview', 'instances', 'account', 'media', 'webhooks', 'log', 'projections'] as const
export type BoardName = (typeof boardNames)[number]

export type Panel = {
  title: string
  /** What whoever looks at it concludes. */
  tells: string
  /** A verb that there is, with its arguments in capitals. */
  cli: `zaplog ${string}`
  down: BoardName
  /** [lines] `number`: the last value of each series. `table`: one row of each series. */
  shows?: 'lines' | 'number' | 'table'
  /** In columns, of 24 [8]. */
  width?: 4 | 6 | 8 | 12 | 24
  /** From this value on it is red, where more is worse. */
  redFrom?: number
  /** Below this value it is red, where less is worse. */
  redBelow?: number
  queries: readonly Shown[]
}
/** `legend`: what is said beside its labels; of several queries each has one. */
export type Shown = { query: Query; legend?: string }

export type Board = {
  name: BoardName
  title: string
  description: string
  /** A variable of this name, with the values that a label has. */
  variable?: { name: string; label: string; metric: MetricName }
  rows: readonly { title: string; panels: readonly Panel[] }[]
}

export const uidOf = (name: BoardName): string => `zaplog-${name}`
