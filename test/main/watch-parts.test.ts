// What readiness says of a part that answers, refuses, hangs, and answers again.
import { expect, onTestFinished, test } from 'vitest'
import { watchParts } from '../../src/main/watch-parts.ts'
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
