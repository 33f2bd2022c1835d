// What is sealed with a key that is none of ours is there, and must not be taken for absent: the socket ends first, and nothing is acknowledged
// without it.
import { SealError } from '../../runtime/seal.ts'
import type { SocketLife } from '../socket-life.ts'

/** Throws with the socket's end, or SealError of what is damaged. */
export function orEndSealed<T>(life: Pick<SocketLife, 'signal' | 'terminate'>, open: () => T): T {
  try {
    return open()
  } catch (error) {
    if (!(error instanceof SealError) || error.keyId === null) throw error
    life.terminate('sealed')
    throw life.signal.reason
  }
}
