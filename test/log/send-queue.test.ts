// What waits together is sent together, at once or after a while.
import { expect, test } from 'vitest'
import { createSendQueue, MAX_SEND_RECORDS, type PartitionAppend } from '../../src/log/append/send-queue.ts'

const record = { key: 'k', value: Buffer.from('v'), headers: {}, recordedAt: 0 }

test('[B4] where more may come a send waits for it, takes all that came in its order, and the next one waits again', async () => {
  const sends: number[][] = []
  let offset = 0n
  const send = async (appends: readonly PartitionAppend[]) => {
    sends.push(appends.map(({ records }) => records.length))
    return appends.map(({ records }) => {
      offset += BigInt(records.length)
      return offset
    })
  }
  const queue = createSendQueue(send, { onRetry: () => undefined, lingerMs: () => 100 })
  const append = (count: number) =>
    queue.append(
      { topic: 'one', partition: 0, records: Array.from({ length: count }, () => record), sizeBytes: 1 },
      new AbortController().signal,
    )
  const first = append(1)
  // A send that did not wait would have begun by then.
  await new Promise(resolve => setImmediate(resolve))
  const ends = await Promise.all([first, append(2), append(3)])
  expect(sends).toEqual([[1, 2, 3]])
  expect(ends.map(({ nextOffset }) => nextOffset)).toEqual([1n, 3n, 6n])
  await append(4)
  expect(sends).toEqual([[1, 2, 3], [4]])
})

test('[B4] what fills a send waits for nothing more, and the rest waits as before', async () => {
  const sends: number[] = []
  let lingered = 0
  const send = async (appends: readonly PartitionAppend[]) => {
    sends.push(appends.length)
    return appends.map(() => 1n)
  }
  const lingerMs = () => {
    lingered += 1
    return 1
  }
  const queue = createSendQueue(send, { onRetry: () => undefined, lingerMs })
  const append = () => queue.append({ topic: 'one', partition: 0, records: [record], sizeBytes: 1 }, new AbortController().signal)
  await Promise.all(Array.from({ length: 3 * MAX_SEND_RECORDS + 1 }, append))
  expect(sends).toEqual([MAX_SEND_RECORDS, MAX_SEND_RECORDS, MAX_SEND_RECORDS, 1])
  expect(lingered).toBe(1)
})
