// What the boards' queries answered over an incident, as docs/boards/answers.jsonl has it: its pictures are drawn of that.
import { writeFile } from 'node:fs/promises'
import type { Prometheus, Sample } from '../../../infra/services/prometheus.ts'
import { type Answers, type Moment, writeAnswers } from '../../../scripts/boards/answers.ts'
import { boards } from '../../../scripts/boards/boards.ts'
import { filledIn } from './ask-boards.ts'

/** So many values of each series at most. */
const MOST_VALUES = 90
/** Shorter than a panel's at a scrape each second would be on Grafana: a picture of two minutes is otherwise one slope. */
const RATE_WINDOW_SECONDS = 10

type Prefixes = { topic: string; group: string }

/** Names as they are where nobody sets a prefix. */
const asShipped = (metric: Sample['metric'], { topic, group }: Prefixes): Sample['metric'] => ({
  ...metric,
  ...(metric.topic === undefined ? {} : { topic: metric.topic.replace(topic, 'wa.') }),
  ...(metric.group === undefined ? {} : { group: metric.group.replace(group, 'zaplog.') }),
})

/** Instants in seconds since the epoch. */
export async function recordBoards(
  prometheus: Prometheus,
  of: { path: string; from: number; until: number; moments: readonly Moment[]; prefixes: Prefixes },
): Promise<void> {
  const stepSeconds = Math.ceil((of.until - of.from) / MOST_VALUES)
  const span = { from: Math.round(of.from), until: Math.round(of.until), stepSeconds }
  const queries = boards.flatMap(board => board.rows.flatMap(row => row.panels.flatMap(panel => panel.queries)))
  const answers: Answers['answers'] = new Map()
  for (const { query } of queries) {
    const courses = await prometheus.courses(filledIn(query.expr, `${RATE_WINDOW_SECONDS}s`), span)
    answers.set(
      query.expr,
      courses.map(({ metric, values }) => ({ metric: asShipped(metric, of.prefixes), values })),
    )
  }
  const moments = of.moments.map(({ what, at }) => ({ what, at: Math.round(at - span.from) }))
  await writeFile(of.path, writeAnswers({ seconds: span.until - span.from, stepSeconds, moments, answers }))
}
