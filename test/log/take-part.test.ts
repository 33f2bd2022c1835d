// Taking part in a consumer group while its coordinator is away: said, without a line for each heartbeat.
import { expect, test } from 'vitest'
import { takePart } from '../../src/log/engine/take-part.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

/** A member that asks `release`, which has nothing to do, and then `heartbeat`, as on Postgres. */
function takePartIn(heartbeat: () => Promise<void>) {
  const logger = collectLogLines()
  const stop = new AbortController()
  const { left } = takePart(
    {
      about: { group: 'group' },
      logger,
      times: { heartbeatMs: 1, rebalanceGraceMs: 1, stopGraceMs: 1 },
      validForMs: 60_000,
      events: { lost: 'log.membership-lost', expired: 'log.leases-expired' },
      start: () => {
        throw new Error('expected no partition to be assigned')
      },
      open: () => ({
        questions: [
          { doing: 'release', ask: async () => undefined },
          { doing: 'heartbeat', ask: heartbeat },
        ],
        isEager: () => false,
        hangUp: () => undefined,
        leave: async () => undefined,
      }),
    },
    stop.signal,
  )
  const end = async () => {
    stop.abort()
    await left
  }
  const said = () => logger.lines.map(({ event, fields }) => [event, fields.doing])
  return { said, end }
}

test('[H4] an outage of many heartbeats is one line, though other questions are answered meanwhile', async () => {
  let asked = 0
  const { said, end } = takePartIn(async () => {
    asked += 1
    throw new Error('no answer')
  })
  await until('it to be asked many times', () => asked > 10)
  await end()
  expect(said()).toEqual([['log.membership-failed', 'heartbeat']])
})

test('[H4] the next outage is a line of its own', async () => {
  let asked = 0
  const { said, end } = takePartIn(async () => {
    asked += 1
    if (asked !== 4) throw new Error('no answer')
  })
  await until('it to be asked many times', () => asked > 10)
  await end()
  expect(said()).toEqual([
    ['log.membership-failed', 'heartbeat'],
    ['log.membership-failed', 'heartbeat'],
  ])
})
