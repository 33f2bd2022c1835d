// Turns concurrent appends into few sends without changing their order: one send at a time, what waits meanwhile goes out together next.
// A send that finds the log unavailable is repeated until it succeeds or nobody waits for it: a repeat may write a record twice, never lose one.
import { onAbort } from '../../runtime/or-abort.ts'
import { backoffMs, wait } from '../../runtime/wait.ts'
import { LogError, type NewRecord, type Position, type TopicPartition } from '../log.ts'

/** Records of one call for one partition; they stay together unless they exceed a send's limits by themselves. */
export type Group = TopicPartition & { records: readonly NewRecord[]; sizeBytes: number }
/** Answers the offset after the last record of each group, in their order; rejects LogError. */
export type Send = (groups: readonly Group[]) => Promise<readonly bigint[]>
export type AppendQueue = {
  append(group: Group, signal: AbortSignal): Promise<Position>
  /** Rejects what waits; resolves when nothing is being sent. */
  close(): Promise<void>
}

export const MAX_SEND_BYTES = 512 * 1024
export const MAX_SEND_RECORDS = 1000

type Waiting = { group: Group; resolve(nextOffset: bigint | undefined): void; reject(error: LogError): void; abandoned: boolean }
type Options = { onRetry(error: LogError, attempt: number): void; random?: () => number }

export function createAppendQueue(send: Send, options: Options): AppendQueue {
  const closing = new AbortController()
  let waiting: Waiting[] = []
  let sending: Promise<void> | null = null

  async function sendAll() {
    while (waiting.length > 0) {
      const together = takeTogether()
      // Only what the log will not take ever is sent apart, to find the one that is refused.
      if (!(await sendUntilDone(together))) for (const one of together) await sendUntilDone([one])
    }
    sending = null
  }

  function takeTogether(): Waiting[] {
    let records = 0
    let bytes = 0
    const fits = waiting.findIndex(({ group }) => {
      records += group.records.length
      bytes += group.sizeBytes
      return records > MAX_SEND_RECORDS || bytes > MAX_SEND_BYTES
    })
    return waiting.splice(0, fits === -1 ? waiting.length : Math.max(1, fits))
  }

  /** false: refused, and there is more than one that might be the reason. */
  async function sendUntilDone(items: readonly Waiting[]): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      const wanted = items.filter(item => !item.abandoned)
      if (wanted.length === 0) return true
      const failure = await sendOnce(wanted)
      if (failure === null) return true
      if (!failure.retryable && wanted.length > 1) return false
      if (!failure.retryable) {
        for (const item of wanted) item.reject(failure)
        return true
      }
      options.onRetry(failure, attempt)
      const random = (options.random ?? Math.random)()
      await wait(backoffMs({ attempt, baseMs: 20, capMs: 1000, jitter: 0.3, random }), closing.signal)
    }
  }

  async function sendOnce(items: readonly Waiting[]): Promise<LogError | null> {
    try {
      const nextOffsets = await send(items.map(item => item.group))
      items.forEach((item, index) => {
        item.resolve(nextOffsets[index])
      })
      return null
    } catch (error) {
      return error instanceof LogError ? error : new LogError('denied', `appending: ${String(error)}`, { cause: error })
    }
  }

  const appendPart = (group: Group, signal: AbortSignal) =>
    new Promise<bigint>((resolve, reject) => {
      const settle = () => {
        item.abandoned = true
        for (const stop of stops) stop()
      }
      const item: Waiting = {
        group,
        abandoned: false,
        resolve: nextOffset => {
          settle()
          if (nextOffset === undefined)
            reject(new LogError('denied', 'appending: the log answered for fewer groups than were sent'))
          else resolve(nextOffset)
        },
        reject: error => {
          settle()
          reject(error)
        },
      }
      if (signal.aborted || closing.signal.aborted) return reject(aborted(group))
      const stops = [signal, closing.signal].map(end => onAbort(end, () => item.reject(aborted(group))))
      waiting.push(item)
      sending ??= Promise.resolve().then(sendAll)
    })

  return {
    append: async (group, signal) => {
      const ends = await Promise.all(splitGroup(group).map(part => appendPart(part, signal)))
      return { topic: group.topic, partition: group.partition, nextOffset: ends.at(-1) ?? 0n }
    },
    close: async () => {
      closing.abort()
      waiting = waiting.filter(item => !item.abandoned)
      await sending
    },
  }
}

const aborted = ({ topic, partition, records }: Group) =>
  new LogError(
    'aborted',
    `appending ${records.length} records to ${topic}/${partition}: aborted while waiting; they may be in the log`,
  )

/** Parts within a send's limits, in order; a record larger than them goes alone. */
function splitGroup(group: Group): Group[] {
  if (group.records.length <= MAX_SEND_RECORDS && group.sizeBytes <= MAX_SEND_BYTES) return [group]
  const parts: (Group & { records: NewRecord[] })[] = []
  let part: (Group & { records: NewRecord[] }) | null = null
  for (const record of group.records) {
    const size = sizeOf(record)
    if (part === null || part.records.length === MAX_SEND_RECORDS || part.sizeBytes + size > MAX_SEND_BYTES) {
      part = { ...group, records: [], sizeBytes: 0 }
      parts.push(part)
    }
    part.records.push(record)
    part.sizeBytes += size
  }
  return parts
}

/** Bytes of key, value and headers. */
export const sizeOf = ({ key, value, headers }: NewRecord): number =>
  Object.entries(headers).reduce(
    (size, [name, text]) => size + Buffer.byteLength(name) + Buffer.byteLength(text),
    Buffer.byteLength(key) + (value?.byteLength ?? 0),
  )
