// Reads one partition as long as there is room for what is read, and waits for room otherwise.
import type { Bell } from '../../runtime/bell.ts'
import type { Batch } from '../log.ts'
import type { PartitionReader, ReadLimits } from './partition-reader.ts'

export type Intake = {
  reader: PartitionReader
  /** null: none; the bell rings where that may have changed. */
  room(): ReadLimits | null
  bell: Bell
  take(batch: Batch): void
}

const MAX_READ_RECORDS = 500

/** Resolves when the signal aborts; rejects what the reader rejects, which may be for that reason. */
export async function takeIn(intake: Intake, signal: AbortSignal): Promise<void> {
  try {
    for (let room = await roomIn(intake, signal); room !== null; room = await roomIn(intake, signal))
      intake.take(await intake.reader.next({ ...room, maxRecords: Math.min(MAX_READ_RECORDS, room.maxRecords) }, signal))
  } finally {
    intake.reader.close()
  }
}

/** null: the signal aborted. */
async function roomIn({ room, bell }: Intake, signal: AbortSignal): Promise<ReadLimits | null> {
  while ((await bell.until(() => room() !== null, signal)) && !signal.aborted) {
    const found = room()
    if (found !== null) return found
  }
  return null
}
