// Where a partition ends, whoever says it in whatever order: nobody who waits is left waiting, and nobody is sent where the log does not reach.
import { expect, test } from 'vitest'
import type { Database } from '../../src/database/database.ts'
import { createEndsHeard } from '../../src/log/postgres/ends-heard.ts'
import { readRange } from '../../src/log/postgres/reader.ts'

const at = { topic: 'some', partition: 0 }
const endsAt = (nextOffset: bigint) => ({ ...at, nextOffset })

test('[D2] two appends told in the other order: the end stays where the later one ended, and nobody is woken for the earlier', () => {
  const ends = createEndsHeard()
  const woken: bigint[] = []
  ends.tell(endsAt(3n))
  ends.wait(endsAt(3n), end => void woken.push(end))
  ends.tell(endsAt(2n))
  expect([ends.known(at), woken]).toEqual([3n, []])
  ends.tell(endsAt(4n))
  expect([ends.known(at), woken]).toEqual([4n, [4n]])
})

test('[D2] a look that finds an earlier end lowers it and wakes who waits, unless an append was told while it looked', () => {
  for (const isTold of [false, true]) {
    const ends = createEndsHeard()
    const woken: bigint[] = []
    ends.tell(endsAt(3n))
    const look = ends.look(['some'])
    if (isTold) ends.tell(endsAt(4n))
    ends.wait(endsAt(isTold ? 4n : 3n), end => void woken.push(end))
    look.found(endsAt(2n))
    expect([ends.known(at), woken]).toEqual(isTold ? [4n, []] : [2n, [2n]])
  }
})

test('[D2] a reader that asks for its partition lowers the end too, which says nothing of news of others', async () => {
  const ends = createEndsHeard()
  ends.tell(endsAt(3n))
  ends.newsOfOthers()
  const database = { query: async () => [{ first_offset: '0', next_offset: '1' }] } as unknown as Database
  expect(await readRange({ database, tails: ends }, at)).toEqual({ firstOffset: 0n, endOffset: 1n })
  expect([ends.known(at), ends.isUpToDate('some')]).toEqual([1n, false])
  ends.look(['some']).found(endsAt(1n))
  expect(ends.isUpToDate('some')).toBe(true)
})
