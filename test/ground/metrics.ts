// Every metric of the table, written: each word of its labels, one of what there is one of for each, and so many accounts.

import { table } from '../../src/runtime/metrics/all.ts'
import { isEachAccount, type Label, type Metric } from '../../src/runtime/metrics/declare.ts'
import { labelWords } from '../../src/runtime/metrics/label-words.ts'
import { createMetrics, type Metrics } from '../../src/runtime/metrics.ts'

/** What has a file. */
const fileKinds = ['image', 'video', 'gif', 'ptv', 'audio', 'voice', 'document', 'sticker']

export function writeAll(accounts: number, options = { processMetrics: false }): Metrics {
  const metrics = createMetrics(options)
  for (const [name, metric] of Object.entries<Metric>(table)) write(metrics, name, metric, accounts)
  return metrics
}

/** The table says which names and labels there are: here they are taken as they come. */
type Loose = Record<
  'counter' | 'gauge' | 'histogram',
  (name: string) => Record<'inc' | 'set' | 'observe', (...of: unknown[]) => void>
>

function write(metrics: Metrics, name: string, { kind, labels }: Metric, accounts: number): void {
  const one = (metrics as unknown as Loose)[kind](name)
  const method = ({ counter: 'inc', gauge: 'set', histogram: 'observe' } as const)[kind]
  // An account is in one state at a time.
  const most = name === 'zaplog_instance_state' ? 1 : Number.MAX_SAFE_INTEGER
  for (const which of combinations(Object.entries(labels), accounts, most))
    one[method](...(Object.keys(which).length === 0 ? [] : [which]), 1)
}

type Which = Readonly<Record<string, string>>

function combinations(labels: readonly (readonly [string, Label])[], accounts: number, most: number): readonly Which[] {
  return labels.reduce<readonly Which[]>(
    (all, [label, values]) =>
      all.flatMap(which =>
        valuesOf(label, values, accounts)
          .slice(0, isEachAccount(values) ? accounts : most)
          .map(value => ({ ...which, [label]: value })),
      ),
    [{}],
  )
}

function valuesOf(name: string, label: Label, accounts: number): readonly string[] {
  if (isEachAccount(label)) return Array.from({ length: accounts }, (_, nth) => `account-${nth}`)
  if (name === 'kind') return fileKinds
  return labelWords(label) ?? ['one']
}

/** By the name of the metric how many lines a text has of it. */
export function seriesIn(text: string): ReadonlyMap<string, number> {
  const names = text.split('\n').flatMap(line => /^(zaplog_\w+?)(?:_bucket|_count|_sum)?(?:\{| )/.exec(line)?.[1] ?? [])
  return new Map([...Map.groupBy(names, name => name)].map(([name, lines]) => [name, lines.length]))
}
