// WhatsApp's host, as far as it can be looked at without an account: its name is known, and its port takes connections. Nothing is said there.
import { whatsappUrl } from '../producers/socket/socket-options.ts'
import type { Config } from '../runtime/config.ts'
import { broken, type Finding, fine } from './finding.ts'
import { tryConnecting } from './try-connecting.ts'

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
