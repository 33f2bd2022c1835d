// What an error of the object store or the database means for a record: an outage is nobody's message's fault and pauses; a refusal fails that file alone.
import { DatabaseError } from '../database/database.ts'
import type { Outcome } from '../log/log.ts'
import { ObjectError } from '../objects/objects.ts'
import { MediaError } from './media-error.ts'

/** What the work answers, or the MediaError that fails this file; whatever else it threw is thrown on, and everything once we are told to stop. */
export async function orMediaError<T>(work: Promise<T>, signal: AbortSignal): Promise<T | MediaError> {
  try {
    return await work
  } catch (error) {
    if (signal.aborted) throw error
    if (error instanceof MediaError) return error
    if (!(error instanceof ObjectError && error.code === 'refused')) throw error
    return new MediaError('storage-refused', error.message, { cause: error })
  }
}

/** The pause of an outage; whatever else was thrown is thrown on. */
export function pauseFor(error: unknown, { pauseMs }: { pauseMs: number }): Outcome {
  if (error instanceof DatabaseError) return { kind: 'pause', dependency: 'postgres', delayMs: pauseMs, reason: error.message }
  if (!(error instanceof ObjectError) || error.code === 'aborted' || error.code === 'refused') throw error
  return { kind: 'pause', dependency: 'object-store', delayMs: pauseMs, reason: error.message }
}
