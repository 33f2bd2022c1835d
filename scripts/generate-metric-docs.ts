// Turns the table of metrics (src/runtime/metrics/) into docs/metrics.md; answers file path -> content.
import { subjects } from '../src/runtime/metrics/all.ts'
import type { Label, Metric } from '../src/runtime/metrics/declare.ts'
import { labelWords } from '../src/runtime/metrics/label-words.ts'
import { MOST_SERIES } from '../src/runtime/metrics.ts'
import { markdownTable } from './markdown-table.ts'

export function generateMetricDocs(): ReadonlyMap<string, string> {
  const parts = subjects.map(({ title, metrics }) => `## ${title}\n\n${tableOf(Object.entries(metrics))}\n`)
  return new Map([['docs/metrics.md', [head, ...parts].join('\n')]])
}

const tableOf = (metrics: readonly (readonly [string, Metric])[]): string =>
  markdownTable(['metric', 'kind and unit', 'labels', 'what it is', 'what it means', 'look at'], metrics.map(rowOf))

const rowOf = ([name, { kind, unit, isShared, labels, help, means, see }]: readonly [string, Metric]): readonly string[] => [
  `\`${name}\``,
  `${kind}, ${unit}${isShared === true ? ', of all' : ''}`,
  Object.entries(labels)
    .map(([label, values]) => `\`${label}\`: ${valuesOf(values)}`)
    .join('; '),
  sentence(help),
  sentence(means),
  see.replaceAll('|', '\\|'),
]

const valuesOf = (label: Label): string => ('each' in label ? `each ${label.each}` : (labelWords(label) ?? []).join(', '))

const sentence = (text: string): string => (text.endsWith('.') ? text : `${text}.`)

const head = `# Metrics

<!-- Generated from src/runtime/metrics/ by npm run generate. -->

\`GET /metrics\` of every process, for \`METRICS_TOKEN\` or the administrator’s key, in Prometheus’ text format. Names, labels and units are a
promise (\`docs/contract.md\`): they are added to, and a renamed one is a breaking change. \`process_*\` and \`nodejs_*\` beside them are prom-client’s.

A process shows what its roles write, and each counts for itself: sum counters and histograms over processes, and gauges too, but for those *of
all*, which each process with the role reads for the whole zaplog: there the greatest counts, or the newest. A gauge that cannot be read is
absent; it never shows an old figure for a new one.

A scrape reads memory alone, whoever scrapes and however often. What is in Postgres or the log is read by the roles themselves, each at its own
pace: webhooks, queues and the disk every 10 s, lag of projections every 2 s and of processors every 5 s, gaps every 20 s; by statements whose cost does not
grow with what waits, because counts end at a most. Accounts are a label of few metrics (\`instance_id\`, but for
\`zaplog_accounted_by_instance_total\`, whose label is \`instance\`), none of which has more than
${MOST_SERIES} series: the one that was not written for longest goes first, and begins at 0 again as after a restart.
`
