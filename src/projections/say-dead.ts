// A record that a projection passes over for good becomes a dead letter before its checkpoint moves: a crash in between repeats it, and nothing is
// passed over of which none is in the log.
import type { TopicName } from '../events/topics.ts'
import { deadLetterOf } from '../log/dead-letter.ts'
import { type EventLog, isAboutRecord, type LogRecord, type NewRecord } from '../log/log.ts'
import { type Projection, titleOf } from './projection.ts'

export type SayDeadDeps = { log: Pick<EventLog, 'append'>; topic(name: TopicName): string }
export type Dead = { record: LogRecord; code: string; message: string }

/** One that the dead letters refuse whole goes without its value. Of a projection that says nothing to others, nothing. Rejects on outages. */
export async function sayDead(
  deps: SayDeadDeps,
  projection: Projection,
  dead: readonly Dead[],
  signal: AbortSignal,
): Promise<void> {
  if (projection.isSilent === true || dead.length === 0) return
  const processor = titleOf(projection)
  const records = dead.map(({ record, code, message }) =>
    deadLetterOf(record, { code, message, attempts: 1, processor, firstFailedAt: record.recordedAt }),
  )
  const topic = deps.topic('dead-letters')
  const append = (letters: readonly NewRecord[]) => deps.log.append({ topic, records: letters }, signal)
  if (await isTaken(append(records))) return
  for (const letter of records) if (!(await isTaken(append([letter])))) await append([{ ...letter, value: null }])
}

/** false: the log refuses what it says. Rejects on outages. */
async function isTaken(appended: Promise<unknown>): Promise<boolean> {
  try {
    await appended
    return true
  } catch (error) {
    if (isAboutRecord(error)) return false
    throw error
  }
}
