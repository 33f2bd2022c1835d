// What an error of the object store or the database means for a record: an outage is nobody's message's fault and pauses; a refusal fails that file alone.
import { DatabaseError } from '../database/database.ts'
import type { Outcome } from '../log/log.ts'
import { ObjectError } from '../objects/objects.ts'
import { MediaError } from './media-error.ts'

/** A pause, or the MediaError that fails this file; whatever else was thrown is thrown on. */
export function storageOutcome(error: unknown, of: { pauseMs: number }): Outcome | MediaError {
  if (error instanceof MediaError) return error
  if (error instanceof DatabaseError) return { kind: 'pause', dependency: 'postgres', delayMs: of.pauseMs, reason: error.message }
  if (!(error instanceof ObjectError) || error.code === 'aborted') throw error
  if (error.code === 'refused') return new MediaError('storage-refused', error.message, { cause: error })
  return { kind: 'pause', dependency: 'object-store', delayMs: of.pauseMs, reason: error.message }
}
