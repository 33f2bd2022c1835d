// Appends of a replay whose log is elsewhere. What was begun is waited for also when the replay is to stop: who writes next reads from the topic
// what is there, and may not read it before this one has landed.
import { type Append, type EventLog, isAboutRecord, LogError, type NewRecord } from '../log/log.ts'
import { CodedError } from '../runtime/coded-error.ts'
import { onAbort } from '../runtime/or-abort.ts'

/** It may land still: nobody may write for this replay until it can no more. */
export class AppendLeftOpen extends CodedError<'left-open'> {
  override name = 'AppendLeftOpen'
  readonly port = 'log'
  constructor({ topic, partition, records }: Append, cause: unknown) {
    const what = `${records.length} records to ${topic}/${partition}`
    super({ code: 'left-open', message: `appending ${what}: no answer in time, they may be in the log`, retryable: false, cause })
  }
}

type Appending = {
  log: Pick<EventLog, 'append'>
  /** How long an append is waited for after the signal has aborted. */
  patienceMs: number
}

/** The offset after the last record; null: there was none. Rejects AppendLeftOpen; LogError, and then nothing of it is under way any more. */
export async function appendWholly({ log, patienceMs }: Appending, append: Append, signal: AbortSignal): Promise<bigint | null> {
  signal.throwIfAborted()
  const given = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const stop = onAbort(signal, () => {
    timer = setTimeout(() => given.abort(), patienceMs)
  })
  try {
    return (await log.append(append, given.signal)).at(-1)?.nextOffset ?? null
  } catch (error) {
    if (given.signal.aborted || (error instanceof LogError && error.code === 'aborted')) throw new AppendLeftOpen(append, error)
    throw error
  } finally {
    stop()
    clearTimeout(timer)
  }
}

/**
 * One after another, without those that the log never takes. `isThere`: of what the append that was refused as a whole wrote all the same.
 * Rejects as appendWholly.
 */
export async function appendEach(
  appending: Appending,
  append: Append,
  isThere: (record: NewRecord) => boolean,
  signal: AbortSignal,
): Promise<{ nextOffset: bigint | null; refused: number }> {
  let [nextOffset, refused]: [bigint | null, number] = [null, 0]
  for (const record of append.records) {
    if (isThere(record)) continue
    try {
      nextOffset = await appendWholly(appending, { ...append, records: [record] }, signal)
    } catch (error) {
      if (!isAboutRecord(error)) throw error
      refused += 1
    }
  }
  return { nextOffset, refused }
}
