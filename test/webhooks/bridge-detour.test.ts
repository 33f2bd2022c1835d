// Where the statement that concludes attempts at once fails for good, everything goes the longer way, and nobody waits for the shorter one.
import { afterEach, expect, it } from 'vitest'
import { type Database, DatabaseError } from '../../src/database/database.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'
import { bridgesOf } from '../ground/webhooks/bridges.ts'

const logger = collectLogLines()
const { open, close } = bridgesOf(logger)
afterEach(close)

/** Refuses that statement while `refuses`, and counts how often it was tried. */
function refusingAtOnce(state: { refuses: boolean; tries: number }) {
  return (database: Database): Database => ({
    ...database,
    query: (sql, values) => {
      if (!sql.includes(' as answers')) return database.query(sql, values)
      state.tries += 1
      const refusal = new DatabaseError('failed', 'no such function, for the test', { sqlState: '42883' })
      return state.refuses ? Promise.reject(refusal) : database.query(sql, values)
    },
  })
}

it('[E4] [H2] attempts that cannot be concluded at once are kept without asking again and again, said once and by health, until they can', async () => {
  const bridge = await open('detour')
  const receiver = await bridge.receiver()
  const state = { refuses: true, tries: 0 }
  const role = bridge.start({}, undefined, undefined, refusingAtOnce(state))
  const recordsCheck = () => role.checks().find(one => one.name === 'webhooks records')
  const deliveredInTurn = async (count: number) => {
    for (let nth = 0; nth < count; nth += 1) {
      const already = receiver.attempts.length
      await bridge.append(bridge.delivery(receiver.id, 'chat-1'))
      await bridge.untilStates('it is delivered', states => states.length > already && states.every(one => one === 'delivered'))
    }
  }
  await deliveredInTurn(1)
  await until('health says so', () => recordsCheck()?.state === 'degraded')
  expect(recordsCheck()?.detail).toContain('no such function')
  const began = state.tries
  await deliveredInTurn(40)
  expect(state.tries - began).toBeLessThan(6)
  expect(logger.lines.filter(line => line.event === 'webhooks.attempts-not-at-once')).toHaveLength(1)
  expect(logger.lines.filter(line => line.event === 'webhooks.attempts-unwritten')).toEqual([])
  state.refuses = false
  const before = state.tries
  await until('it is tried again', async () => {
    await deliveredInTurn(1)
    return state.tries > before
  })
  await until('health says so', () => recordsCheck()?.state === 'ok')
  const records = await bridge.untilRecords('webhook-attempts', receiver.attempts.length)
  expect(records).toHaveLength(receiver.attempts.length)
})
