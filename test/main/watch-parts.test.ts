// What readiness says of a part that answers, refuses, hangs, and answers again.
import { expect, onTestFinished, test } from 'vitest'
import { showProcess } from '../../src/main/process-metrics.ts'
import { watchParts } from '../../src/main/watch-parts.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import type { Check } from '../../src/runtime/role.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const part = { name: 'kafka', address: 'kafka:9092' }

function openWatch(ask: (signal: AbortSignal) => Promise<unknown>, patienceMs = 60_000) {
  const logger = collectLogLines()
  const watch = watchParts({ logger, patienceMs }, [{ part, everyMs: 1, ask }])
  onTestFinished(watch.close)
  return { ...watch, check: () => watch.checks()[0], logger }
}

test('[H3] a part that refuses is degraded with its address and what came back, said once, and ok when it answers', async () => {
  let asked = 0
  let refusal: Error | null = null
  const { check, logger } = openWatch(async () => {
    asked += 1
    if (refusal !== null) throw refusal
  })
  expect(check()).toEqual({ name: 'kafka', state: 'ok', detail: 'kafka:9092 answers' })
  refusal = new Error('asking for its id', { cause: new Error('connection refused') })
  await until('it to be degraded', () => check()?.state === 'degraded')
  expect(check()?.detail).toBe('kafka:9092 is away: asking for its id: connection refused')
  const askedBefore = asked
  await until('it to be asked again', () => asked > askedBefore + 2)
  refusal = null
  await until('it to be ok', () => check()?.state === 'ok')
  expect(logger.lines.map(({ level, event, fields }) => ({ level, event, fields }))).toEqual([
    { level: 'warn', event: 'part.away', fields: { part: 'kafka', address: 'kafka:9092', reason: expect.any(String) } },
    { level: 'info', event: 'part.back', fields: { part: 'kafka', address: 'kafka:9092', awayMs: expect.any(Number) } },
  ])
})

test('[H3] a part that hangs is degraded as soon as patience is over, is asked nothing more meanwhile, and ok with its answer', async () => {
  let asked = 0
  const { promise: hanging, resolve: answer } = Promise.withResolvers<void>()
  const { check } = openWatch(async () => {
    asked += 1
    if (asked === 1) await hanging
  }, 20)
  await until('it to be degraded', () => check()?.state === 'degraded')
  expect(check()?.detail).toBe('kafka:9092 does not answer, for 0 s so far')
  expect(asked).toBe(1)
  answer()
  await until('it to be asked again', () => asked >= 2)
  expect(check()?.state).toBe('ok')
})

test('[H6] a watch that is closed asks no more', async () => {
  let asked = 0
  const { close } = openWatch(async () => {
    asked += 1
  })
  await until('it to be asked again', () => asked > 1)
  await close()
  const askedBefore = asked
  await untilAnotherHasAsked()
  expect(asked).toBe(askedBefore)
})

test('[H6] what ends the last question of a watch that is closed is not said, and no other follows', async () => {
  let asked = 0
  const { close, logger } = openWatch(signal => {
    asked += 1
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('told to stop'))))
  })
  await close()
  await untilAnotherHasAsked()
  expect({ asked, lines: logger.lines }).toEqual({ asked: 1, lines: [] })
})

/** Three times: a watch as frequent would have asked meanwhile. */
async function untilAnotherHasAsked(): Promise<void> {
  let asked = 0
  openWatch(async () => {
    asked += 1
  })
  await until('another watch to have asked three times', () => asked > 2)
}

test('[H1] a scrape says which version runs, which parts answer, and how many checks are well; of a part that is not asked nothing', async () => {
  const metrics = createMetrics({ processMetrics: false })
  let checks: readonly Check[] = [{ name: 'postgres', state: 'degraded', detail: 'waited for' }]
  showProcess({ metrics, version: '1.2.3' }, () => checks)
  const lines = async () => (await metrics.render()).split('\n').filter(line => line.startsWith('zaplog_'))
  expect(await lines()).toEqual([
    `zaplog_build_info{version="1.2.3",node="${process.version}"} 1`,
    ...['zaplog_checks{state="ok"} 0', 'zaplog_checks{state="degraded"} 1', 'zaplog_checks{state="failed"} 0'],
    'zaplog_part_up{part="postgres"} 0',
  ])
  const named = (name: string, state: Check['state']) => ({ name, state, detail: '' })
  checks = [named('postgres', 'ok'), named('s3', 'degraded'), named('producers', 'failed'), named('s3', 'ok')]
  expect((await lines()).slice(1)).toEqual([
    ...['zaplog_checks{state="ok"} 2', 'zaplog_checks{state="degraded"} 1', 'zaplog_checks{state="failed"} 1'],
    ...['zaplog_part_up{part="postgres"} 1', 'zaplog_part_up{part="s3"} 0'],
  ])
})
