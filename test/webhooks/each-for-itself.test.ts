// Rows that are written together, by what each-for-itself.ts promises of those that are refused.
import { expect, it } from 'vitest'
import { DatabaseError } from '../../src/database/database.ts'
import { refusedFor, writeEachForItself } from '../../src/webhooks/bridge/each-for-itself.ts'
import { never } from '../ground/webhooks/open-stream.ts'

const odd = new DatabaseError('failed', 'an odd value, for the test', { sqlState: '22021' })
const away = new DatabaseError('unreachable', 'away, for the test')
const rows = Array.from({ length: 200 }, (_, nth) => nth)

/** A server that refuses every batch with one of these rows in it, and counts what it is asked for at once. */
function refusing(refused: readonly number[], error: () => DatabaseError = () => odd) {
  const asked = { statements: 0, now: 0, atOnce: 0 }
  const write = async (batch: readonly number[]) => {
    asked.statements += 1
    asked.now += 1
    asked.atOnce = Math.max(asked.atOnce, asked.now)
    await Promise.resolve()
    asked.now -= 1
    if (batch.some(row => refused.includes(row))) throw error()
    return batch.map(row => `took ${row}`)
  }
  return { asked, how: { write, refused: async (_: number, why: unknown) => refusedFor(why) } }
}

it('[E4] one of many that is refused has its own answer, and costs a few statements, one at a time', async () => {
  const { how, asked } = refusing([77])
  const answers = await writeEachForItself(how, rows, never)
  const came = await Promise.allSettled(answers.map(one => one.answer))
  expect(came.flatMap((one, row) => (one.status === 'rejected' ? [row] : []))).toEqual([77])
  expect(came[199]).toEqual({ status: 'fulfilled', value: 'took 199' })
  expect(asked.atOnce).toBe(1)
  expect(asked.statements).toBeLessThan(20)
})

it('[E4] what is no refusal rejects for all of them, also while they go one by one, and is asked for once', async () => {
  const all = refusing([3], () => away)
  await expect(writeEachForItself(all.how, rows, never)).rejects.toBe(away)
  expect(all.asked.statements).toBe(1)
  const between = refusing([3], () => (between.asked.statements < 3 ? odd : away))
  await expect(writeEachForItself(between.how, rows, never)).rejects.toBe(away)
  expect(between.asked.statements).toBe(3)
})

it('[E4] a process that stops takes nothing for a refusal', async () => {
  const { how, asked } = refusing([3])
  await expect(writeEachForItself(how, rows, AbortSignal.abort())).rejects.toBe(odd)
  expect(asked.statements).toBe(1)
})
