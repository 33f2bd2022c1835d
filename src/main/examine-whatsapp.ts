// WhatsApp's host, as far as it can be looked at without an account: its name is known, and its port takes connections. Nothing is said there.
import { connect } from 'node:net'
import { whatsappUrl } from '../producers/socket/socket-options.ts'
import type { Config } from '../runtime/config.ts'
import { describeError } from '../runtime/logger.ts'
import { onAbort } from '../runtime/or-abort.ts'
import { broken, type Finding, fine } from './finding.ts'

const part = 'whatsapp'

export async function examineWhatsApp({ whatsapp }: Pick<Config, 'whatsapp'>, signal: AbortSignal): Promise<readonly Finding[]> {
  const { protocol, hostname, port } = new URL(whatsapp.url ?? whatsappUrl)
  const at = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (protocol === 'wss:' ? 443 : 80) }
  const refusal = await tryConnecting(at, signal)
  const found = `${at.host}:${at.port}`
  if (refusal === null) return [fine(part, `${found} takes connections`)]
  return [broken(part, `${found} cannot be reached: ${refusal}`, mendOf(whatsapp.url))]
}

const mendOf = (url: string | null): string =>
  url === null
    ? 'let this machine connect to it: names are resolved, and port 443 is open'
    : 'start the simulator, or leave WHATSAPP_URL out for WhatsApp itself'

/** null: it took the connection. */
function tryConnecting(at: { host: string; port: number }, signal: AbortSignal): Promise<string | null> {
  return new Promise(resolve => {
    const socket = connect(at)
    const end = (outcome: string | null) => {
      socket.destroy()
      resolve(outcome)
    }
    socket.once('connect', () => end(null)).once('error', error => end(describeError(error)))
    onAbort(signal, () => end('no answer in time'))
  })
}
