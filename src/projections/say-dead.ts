// A record that a projection passes over for good becomes a dead letter before its checkpoint moves: a crash in between repeats it, and nothing is
// passed over of which none is in the log.
import type { TopicName } from '../events/topics.ts'
import { deadLetterOf } from '../log/dead-letter.ts'
import { type EventLog, isAboutRecord, type LogRecord } from '../log/log.ts'
import { type Projection, titleOf } from './projection.ts'

export type SayDeadDeps = { log: Pick<EventLog, 'append'>; topic(name: TopicName): string }
export type Dead = { record: LogRecord; code: string; message: string }

/** Without its value where the dead letters refuse it whole. Of a projection that says nothing to others, nothing. Rejects on outages. */
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
  try {
    await deps.log.append({ topic, records }, signal)
  } catch (error) {
    if (!isAboutRecord(error)) throw error
    for (const letter of records) await deps.log.append({ topic, records: [{ ...letter, value: null }] }, signal)
  }
}
