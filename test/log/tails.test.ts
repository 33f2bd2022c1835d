// What this process knows of ends is said on to what it keeps in memory: nothing is kept there that retention took, however busy a partition is.
import { expect, test } from 'vitest'
import type { Database } from '../../src/database/database.ts'
import { createRecentRecords } from '../../src/log/engine/recent-records.ts'
import { openTails } from '../../src/log/postgres/tails.ts'
import { aRecord } from '../contracts/log-ground.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const at = { topic: 'some', partition: 0 }

test('[B7] what retention took goes from memory also where an append is told during every look', async () => {
  const recent = createRecentRecords({ maxBytes: 1_000_000 })
  const standing = recent.follow({ ...at, nextOffset: 0n })
  standing.moveTo(0n)
  let end = 0n
  function append() {
    recent.keep(at, end, [aRecord('one', 'value')])
    end += 1n
    tails.appended([{ ...at, nextOffset: end }])
  }
  let looks = 0
  const query = async (sql: string) => {
    if (!sql.includes('log_partitions')) return []
    looks += 1
    const found = [{ ...at, first_offset: `${end}`, next_offset: `${end}` }]
    append()
    return found
  }
  const database = { query, listen: async () => undefined } as unknown as Database
  const tails = openTails({ database, recent, logger: collectLogLines(), pollMs: 1 })
  append()
  append()
  await until('two looks are over', () => looks >= 3)
  expect([standing.has(), recent.topics()]).toEqual([false, ['some']])
  await tails.close()
})
