// Whether an address takes connections: its name is known, and its port answers. Nothing is said there.
import { connect } from 'node:net'
import { describeError } from '../runtime/logger.ts'
import { onAbort } from '../runtime/or-abort.ts'

/** null: it took the connection; otherwise why not, in words. */
export function tryConnecting(at: { host: string; port: number }, signal: AbortSignal): Promise<string | null> {
  return new Promise(resolve => {
    const socket = connect(at)
    const end = (outcome: string | null) => {
      forget()
      socket.destroy()
      resolve(outcome)
    }
    const forget = onAbort(signal, () => end('no answer in time'))
    socket.once('connect', () => end(null)).once('error', error => end(describeError(error)))
  })
}
