// Follows partitions without a group: whichever has something next is handed out next, and all the others go on being asked.
import { createBell } from '../../runtime/bell.ts'
import { type Batch, LogError, type Position } from '../log.ts'
import type { OpenPartitionReader, PartitionReader } from './partition-reader.ts'

const LIMITS = { maxRecords: 500, maxBytes: 1024 ** 2 }

/** Never ends. Rejects LogError `truncated`, or what else a partition cannot be read for; `aborted` when the signal aborts. */
export async function* followPartitions(
  openReader: OpenPartitionReader,
  from: readonly Position[],
  signal: AbortSignal,
): AsyncGenerator<Batch> {
  const ending = new AbortController()
  const ended = AbortSignal.any([signal, ending.signal])
  const readers = from.map(openReader)
  const bell = createBell()
  /** The one that became ready first is first. */
  const answered: { reader: PartitionReader; error: unknown }[] = []
  const ask = (reader: PartitionReader) => {
    const answer = (error: unknown) => {
      answered.push({ reader, error })
      bell.ring()
    }
    reader.ready(ended).then(() => answer(null), answer)
  }
  try {
    readers.forEach(ask)
    while (await bell.until(() => answered.length > 0, ended)) {
      const next = answered.shift()
      if (next === undefined) continue
      if (next.error !== null) throw next.error
      yield await next.reader.next(LIMITS, ended)
      ask(next.reader)
    }
    throw new LogError('aborted', `following ${from.length} partitions: aborted`)
  } finally {
    ending.abort()
    for (const reader of readers) reader.close()
  }
}
