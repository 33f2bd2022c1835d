// What the work answers, or why it fails this file alone: a MediaError, also where the object store refuses this one object.
import { ObjectError } from '../objects/objects.ts'
import { MediaError } from './media-error.ts'

/** Whatever else it threw is thrown on, and everything once we are told to stop. */
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
