// Turns concurrent appends into few sends without changing their order: one send at a time, what waits meanwhile goes out together next.
// A send that finds the log unavailable is repeated until it succeeds or nobody waits for it: a repeat may write a record twice, never lose one.
import { onAbort } from '../../runtime/or-abort.ts'
import { backoffMs, wait } from '../../runtime/wait.ts'
import { LogError, type NewRecord, type Position, type TopicPartition } from '../log.ts'

/** Records of one call for one partition; they stay together unless they exceed a send's limits by themselves. */
export type PartitionAppend = TopicPartition & { records: readonly NewRecord[]; sizeBytes: number }
/** Answers the offset after the last record of each append, in their order; rejects LogError. */
export type Send = (appends: readonly PartitionAppend[]) => Promise<readonly bigint[]>
export type SendQueue = {
  append(append: PartitionAppend, signal: AbortSignal): Promise<Position>
  /** Rejects what waits; resolves when nothing is being sent. */
  close(): Promise<void>
}
type Options = {
  onRetry(error: LogError, attempt: number): void
  /** In ms, before a send that takes all that waits: for more to go with it. */
  lingerMs?: () => number
  random?: () => number
}

export const MAX_SEND_BYTES = 512 * 1024
export const MAX_SEND_RECORDS = 1000

export function createSendQueue(send: Send, options: Options): SendQueue {
  const closing = new AbortController()
  const sender: Sender = { send, closing: closing.signal, ...options }
  let waiting: Waiting[] = []
  let sending: Promise<void> | null = null

  async function sendAll() {
    while (waiting.length > 0) {
      // What fills a send already waits for nothing more.
      const lingerMs = countFitting(waiting) === waiting.length ? (options.lingerMs?.() ?? 0) : 0
      if (lingerMs > 0) await wait(lingerMs, closing.signal)
      const together = waiting.splice(0, countFitting(waiting))
      // Only what the log will not take ever is sent apart, to find the one that is refused.
      if ((await sendUntilDone(sender, together)) === 'refused') for (const one of together) await sendUntilDone(sender, [one])
    }
    sending = null
  }

  function enqueue(append: PartitionAppend, signal: AbortSignal): Promise<bigint> {
    const { item, nextOffset } = waitFor(append, [signal, closing.signal])
    if (!item.abandoned) waiting.push(item)
    sending ??= Promise.resolve().then(sendAll)
    return nextOffset
  }

  return {
    append: async (append, signal) => {
      const pieces = splitAppend(append).map(one => enqueue(one, signal))
      // Whoever is refused may append again at once: then none of the others is on its way any more.
      await Promise.allSettled(pieces)
      const ends = await Promise.all(pieces)
      return { topic: append.topic, partition: append.partition, nextOffset: ends.at(-1) ?? 0n }
    },
    close: async () => {
      closing.abort()
      waiting = waiting.filter(({ abandoned }) => !abandoned)
      await sending
    },
  }
}

/** abandoned: it was answered, or nobody waits for it any more. */
type Waiting = {
  append: PartitionAppend
  abandoned: boolean
  resolve(nextOffset: bigint | undefined): void
  reject(error: LogError): void
}

function waitFor(append: PartitionAppend, signals: readonly AbortSignal[]): { item: Waiting; nextOffset: Promise<bigint> } {
  const { promise, resolve, reject } = Promise.withResolvers<bigint>()
  const refuse = (error: LogError) => {
    leave()
    reject(error)
  }
  const item: Waiting = {
    append,
    abandoned: false,
    resolve: nextOffset => {
      if (nextOffset === undefined)
        return refuse(new LogError('denied', 'appending: the log answered for fewer appends than sent'))
      leave()
      resolve(nextOffset)
    },
    reject: refuse,
  }
  const leave = () => {
    item.abandoned = true
    for (const stop of stops) stop()
  }
  if (signals.some(({ aborted }) => aborted)) {
    item.abandoned = true
    reject(abortedAppend(append))
    return { item, nextOffset: promise }
  }
  const stops = signals.map(signal => onAbort(signal, () => refuse(abortedAppend(append))))
  return { item, nextOffset: promise }
}

const abortedAppend = ({ topic, partition, records }: PartitionAppend) =>
  new LogError(
    'aborted',
    `appending ${records.length} records to ${topic}/${partition}: aborted while waiting; they may be in the log`,
  )

/** How many of the first stay within a send's limits; one at least. */
function countFitting(waiting: readonly Waiting[]): number {
  let records = 0
  let bytes = 0
  const tooMany = waiting.findIndex(({ append }) => {
    records += append.records.length
    bytes += append.sizeBytes
    return records > MAX_SEND_RECORDS || bytes > MAX_SEND_BYTES
  })
  return tooMany === -1 ? waiting.length : Math.max(1, tooMany)
}

type Sender = Options & { send: Send; closing: AbortSignal }

/** `refused`: by the log, for good, and more than one might be the reason; nobody was told. */
async function sendUntilDone({ send, onRetry, random = Math.random, closing }: Sender, items: readonly Waiting[]) {
  for (let attempt = 1; ; attempt += 1) {
    const wanted = items.filter(({ abandoned }) => !abandoned)
    const [first, ...others] = wanted
    if (first === undefined) return 'done'
    const failure = await sendOnce(send, wanted)
    if (failure === null) return 'done'
    if (failure.retryable) {
      onRetry(failure, attempt)
      await wait(backoffMs({ attempt, baseMs: 20, capMs: 1000, jitter: 0.3, random: random() }), closing)
    } else if (others.length > 0) return 'refused'
    else first.reject(failure)
  }
}

async function sendOnce(send: Send, items: readonly Waiting[]): Promise<LogError | null> {
  try {
    const nextOffsets = await send(items.map(({ append }) => append))
    items.forEach((item, index) => {
      item.resolve(nextOffsets[index])
    })
    return null
  } catch (error) {
    return error instanceof LogError ? error : new LogError('denied', `appending: ${String(error)}`, { cause: error })
  }
}

/** Pieces within a send's limits, in order; a record larger than them goes alone. */
function splitAppend(append: PartitionAppend): PartitionAppend[] {
  if (append.records.length <= MAX_SEND_RECORDS && append.sizeBytes <= MAX_SEND_BYTES) return [append]
  const pieces: (PartitionAppend & { records: NewRecord[] })[] = []
  let piece: (PartitionAppend & { records: NewRecord[] }) | null = null
  for (const record of append.records) {
    const size = sizeOf(record)
    if (piece === null || piece.records.length === MAX_SEND_RECORDS || piece.sizeBytes + size > MAX_SEND_BYTES) {
      piece = { ...append, records: [], sizeBytes: 0 }
      pieces.push(piece)
    }
    piece.records.push(record)
    piece.sizeBytes += size
  }
  return pieces
}

/** Bytes of key, value and headers. */
export const sizeOf = ({ key, value, headers }: NewRecord): number =>
  Object.entries(headers).reduce(
    (size, [name, text]) => size + Buffer.byteLength(name) + Buffer.byteLength(text),
    Buffer.byteLength(key) + (value?.byteLength ?? 0),
  )
