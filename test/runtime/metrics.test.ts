// Every metric as it is declared: by Prometheus' conventions, written by somebody, and in so many series that a scrape stays small.
import { describe, expect, test } from 'vitest'
import { unwrittenAmong } from '../../scripts/metric-writers.ts'
import { MOST_ASKED, MOST_UNFINISHED } from '../../src/instances/commands-waiting.ts'
import { MOST_UPLOADS } from '../../src/instances/uploads-waiting.ts'
import { PAGES } from '../../src/projections/read-model/kept-media.ts'
import { MOST_PENDING } from '../../src/projections/read-model/pending-media.ts'
import { subjects, table } from '../../src/runtime/metrics/all.ts'
import { isOfAccounts, type Metric } from '../../src/runtime/metrics/declare.ts'
import { labelWords } from '../../src/runtime/metrics/label-words.ts'
import { createMetrics, MOST_SERIES } from '../../src/runtime/metrics.ts'
import { MOST_COUNTED } from '../../src/webhooks/deliveries/delivery-counts.ts'
import { seriesIn, writeAll } from '../ground/metrics.ts'

const all = Object.entries<Metric>(table)
/** With 0.2.0, before this was looked at: a name is a promise. */
const RELEASED = 'zaplog_accounted_by_instance_total'
const ofAccounts = all.filter(([, metric]) => isOfAccounts(metric)).map(([name]) => name)

describe('names and units', () => {
  test.each(all)('[H1] %s is as Prometheus’ conventions have it', (name, { kind, unit, labels, help, means, see }) => {
    expect(name).toMatch(/^zaplog(_[a-z]+)+$/)
    expect(name.endsWith('_total'), 'counters, and nothing else, end in _total').toBe(kind === 'counter')
    expect(name).not.toMatch(/_(count|sum|bucket|counter|gauge|histogram|ms|milliseconds|kb|minutes|hours)(_|$)/)
    for (const base of ['seconds', 'bytes']) expect(unit === base, base).toBe(new RegExp(`_${base}(_total)?$`).test(name))
    for (const label of Object.keys(labels)) {
      expect(label).toMatch(/^[a-z]+(_[a-z]+)*$/)
      if (name !== RELEASED) expect(['instance', 'job', 'le', 'quantile'], 'Prometheus’ own').not.toContain(label)
    }
    for (const text of [help, means, see]) expect(text).toMatch(/^\S.*\S$/)
  })

  test('[H1] each is of one subject', () => {
    expect(subjects.flatMap(({ metrics }) => Object.keys(metrics)).sort()).toEqual(all.map(([name]) => name).sort())
  })

  test.each([
    ['zaplog_commands_waiting', MOST_ASKED],
    ['zaplog_commands_oldest_seconds', MOST_ASKED],
    ['zaplog_commands_unfinished', MOST_UNFINISHED],
    ['zaplog_uploads_waiting', MOST_UPLOADS],
    ['zaplog_media_pending', MOST_PENDING],
    ['zaplog_media_kept_bytes', PAGES],
    ['zaplog_webhook_waiting_deliveries', MOST_COUNTED],
    ['zaplog_webhook_held_deliveries', MOST_COUNTED],
    ['zaplog_webhook_dead_deliveries', MOST_COUNTED],
  ] as const)('[H1] %s says where its count ends, %i', (name, most) => {
    expect(table[name].help).toMatch(new RegExp(`\\b${most}\\b`))
  })

  test('[H1] words of a label are different ones', () => {
    for (const [name, { labels }] of all)
      for (const label of Object.values(labels)) {
        const words = labelWords(label) ?? []
        expect(new Set(words).size, name).toBe(words.length)
      }
  })

  test('[H1] one that nothing takes by its name is found', () => {
    expect(unwrittenAmong(['zaplog_a_total', 'zaplog_b_total'], [`metrics.counter('zaplog_a_total')`, 'zaplog_b_total'])).toEqual(
      ['zaplog_b_total'],
    )
  })
})

describe('series', () => {
  test('[H1] 500 accounts are a few series each, in few metrics, and all others do not grow with them', async () => {
    const one = seriesIn(await writeAll(1).render())
    const many = seriesIn(await writeAll(500).render())
    const grown = [...many].filter(([name, series]) => series > (one.get(name) ?? 0)).map(([name]) => name)
    expect(grown.sort()).toEqual([...ofAccounts].sort())
    expect(ofAccounts.length).toBeLessThanOrEqual(5)
    // Four stages; two stages of each kind of file, where all of them fail; three gauges.
    expect(ofAccounts.map(name => many.get(name))).toEqual(ofAccounts.map(name => (one.get(name) ?? 0) * 500))
    const sum = (of: ReadonlyMap<string, number>) => [...of.values()].reduce((all, series) => all + series, 0)
    expect((sum(many) - sum(one)) / 499).toBeLessThanOrEqual(25)
    expect(sum(one)).toBeLessThan(1_500)
  })

  test('[H1] accounts that come and go leave no more series than a metric may have, the latest ones', async () => {
    const metrics = createMetrics({ processMetrics: false })
    const counter = metrics.counter('zaplog_accounted_by_instance_total')
    for (let nth = 0; nth < MOST_SERIES + 50; nth += 1) counter.inc({ instance: `account-${nth}`, stage: 'received' })
    counter.inc({ instance: 'account-50', stage: 'received' })
    counter.inc({ instance: 'last', stage: 'received' })
    const text = await metrics.render()
    expect(seriesIn(text).get('zaplog_accounted_by_instance_total')).toBe(MOST_SERIES)
    expect(text, 'written again').toContain('{instance="account-50",stage="received"} 2')
    expect(text, 'not written for longest').not.toContain('"account-51"')
  })
})

test('[H1] what a scrape reads is of whoever was there last, and what is unset is absent', async () => {
  const metrics = createMetrics({ processMetrics: false })
  metrics.gauge('zaplog_stream_readers', gauge => gauge.set(1))
  metrics.gauge('zaplog_stream_readers', gauge => gauge.set(2))
  const unread = metrics.gauge('zaplog_dead_letter_records')
  unread.set(3)
  expect(await metrics.render()).toMatch(/^zaplog_stream_readers 2$[\s\S]*^zaplog_dead_letter_records 3$/m)
  unread.remove()
  expect(await metrics.render()).not.toMatch(/^zaplog_dead_letter_records /m)
})

test('[H1] a counter whose labels are words shows each of them from the beginning: an alarm needs a 0 to rise from', async () => {
  const metrics = createMetrics({ processMetrics: false })
  metrics.counter('zaplog_uploads_prepared_total').inc({ outcome: 'failed' })
  metrics.counter('zaplog_media_stored_total')
  expect((await metrics.render()).split('\n').filter(line => line.startsWith('zaplog_'))).toEqual([
    'zaplog_uploads_prepared_total{outcome="ready"} 0',
    'zaplog_uploads_prepared_total{outcome="failed"} 1',
    'zaplog_uploads_prepared_total{outcome="put-off"} 0',
  ])
})
