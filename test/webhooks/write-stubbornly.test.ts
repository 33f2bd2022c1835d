// Rows that have to be written, by what write-stubbornly.ts promises of those that are refused.
import { describe, expect, it } from 'vitest'
import { DatabaseError } from '../../src/database/database.ts'
import { type Failure, writeStubbornly } from '../../src/webhooks/bridge/write-stubbornly.ts'
import { until } from '../ground/until.ts'

const odd = new DatabaseError('failed', 'an odd value, for the test', { sqlState: '22021' })
const full = new DatabaseError('disk-full', 'full, for the test', { sqlState: '53100' })

/** A server that refuses every batch with one of these rows in it, and one after another tells of what it took. */
function refusing(refused: Set<string>) {
  const [taken, failures]: [string[], Failure[]] = [[], []]
  const how = {
    write: async (rows: readonly string[]) => {
      if (rows.some(row => refused.has(row))) throw odd
      taken.push(...rows)
      return rows.map(row => `took ${row}`)
    },
    lessen: (row: string, times: number) => (times === 0 ? `less ${row}` : null),
    failed: (_: unknown, failure: Failure) => void failures.push(failure),
  }
  return { how, taken, failures }
}

describe('a row that is refused for good', () => {
  it('[E4] is written in a lesser form, and the others whole', async () => {
    const { how, taken } = refusing(new Set(['b']))
    const answers = await writeStubbornly(how, ['a', 'b', 'c'], new AbortController().signal)
    expect(await Promise.all(answers.map(one => one.answer))).toEqual(['took a', 'took less b', 'took c'])
    expect(taken).toEqual(['a', 'less b', 'c'])
  })

  it('[E4] in every form is waited for by nobody else, and written when it is taken', async () => {
    const refused = new Set(['a', 'less a'])
    const { how, taken, failures } = refusing(refused)
    const [stuck, ...others] = await writeStubbornly(how, ['a', 'b', 'c'], new AbortController().signal)
    expect(await Promise.all(others.map(one => one.answer))).toEqual(['took b', 'took c'])
    await until('it was tried again', () => failures.length >= 2)
    expect(failures.every(one => one.isOfRow)).toBe(true)
    refused.clear()
    expect(await stuck?.answer).toBe('took less a')
    expect(taken).toEqual(['b', 'c', 'less a'])
  })

  it('[E4] in every form rejects when the signal aborts, and only then', async () => {
    const { how } = refusing(new Set(['a', 'less a']))
    const stopping = new AbortController()
    const [stuck] = await writeStubbornly(how, ['a'], stopping.signal)
    stopping.abort(new Error('stopped for the test'))
    await expect(stuck?.answer).rejects.toThrow('stopped for the test')
  })
})

it('[E4] an outage is nobody’s fault: all rows go together once it is over', async () => {
  const { how, taken, failures } = refusing(new Set())
  let outage = true
  const write = async (rows: readonly string[]) => {
    if (!outage) return how.write(rows)
    outage = false
    throw full
  }
  await writeStubbornly({ ...how, write }, ['a', 'b'], new AbortController().signal)
  expect(taken).toEqual(['a', 'b'])
  expect(failures).toEqual([{ rows: 2, isOfRow: false, attempt: 1 }])
})
