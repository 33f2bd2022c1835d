// Appends owed records of one topic, in order, and forgets them. Appended before forgotten: a crash in between repeats records under the same
// event ids. One that can never be taken goes in a lesser form; what even then is refused is said, counted and dropped.
import type { Database } from '../../database/database.ts'
import { type Codec, EventError } from '../../events/codec.ts'
import { type EventLog, isAboutRecord, type NewRecord } from '../../log/log.ts'
import type { Logger } from '../../runtime/logger.ts'
import { forgetOwed, type OwedRow } from '../deliveries/outbox-rows.ts'
import { formsOf } from './owed-forms.ts'

export type AppendOwedDeps = {
  database: Database
  log: Pick<EventLog, 'append'>
  codec: Codec
  logger: Logger
  /** So many were given up. */
  dropped(count: number): void
}
export const APPEND_WITHIN_MS = 10_000

/** Rejects what passes by itself: some of them may have been appended then, and are forgotten. */
export async function appendOwed(
  deps: AppendOwedDeps,
  topic: string,
  rows: readonly OwedRow[],
  signal: AbortSignal,
): Promise<void> {
  try {
    const records: NewRecord[] = []
    for (const row of rows) records.push(await wholeOf(deps.codec, row, signal))
    await deps.log.append({ topic, records }, orLater(signal))
    await forgetOwed(deps.database, rows)
  } catch (error) {
    if (!isForGood(error)) throw error
    for (const row of rows) {
      await appendSingly(deps, row, signal)
      await forgetOwed(deps.database, [row]) // or an outage in the middle would repeat those before it
    }
  }
}

async function wholeOf(codec: Codec, row: OwedRow, signal: AbortSignal): Promise<NewRecord> {
  const [whole] = formsOf(codec, row)
  if (whole === undefined) throw new EventError('not-encodable', 'encoding an attempt: its row is not there any more')
  return whole(signal)
}

async function appendSingly(deps: AppendOwedDeps, row: OwedRow, signal: AbortSignal): Promise<void> {
  const forms = formsOf(deps.codec, row)
  for (const form of forms)
    try {
      await deps.log.append({ topic: row.topic, records: [await form(signal)] }, orLater(signal))
      return
    } catch (error) {
      if (!isForGood(error)) throw error
    }
  deps.dropped(1)
  deps.logger.error('webhooks.record-dropped', {
    topic: row.topic,
    eventId: row.record.headers['event-id'],
    reason: forms.length === 0 ? 'its attempt is forgotten' : 'the log refuses it in every form',
  })
}

/** The same bytes would be refused again. */
export const isForGood = (error: unknown): boolean => isAboutRecord(error) || error instanceof EventError

const orLater = (signal: AbortSignal) => AbortSignal.any([signal, AbortSignal.timeout(APPEND_WITHIN_MS)])
