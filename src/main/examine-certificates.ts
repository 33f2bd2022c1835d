// Certificates that TLS stands on, in the settings and of servers: until when each holds.
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import type { Config } from '../runtime/config.ts'
import { onAbort } from '../runtime/or-abort.ts'
import { pemCertificate, readPem } from '../runtime/pem.ts'
import { broken, doubtful, type Finding, fine } from './finding.ts'

const part = 'certificates'
const DAY_MS = 86_400_000
const SOON_DAYS = 30

type Certificate = { of: string; endsAt: number }

/** Nothing where nothing has TLS. A server that does not answer is said by the look at it. */
export async function examineCertificates(
  config: Config,
  { nowAt }: { nowAt: number },
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const served = await Promise.all(serversOf(config).map(server => askServer(server, signal)))
  return [...given(config), ...served.flat()].map(one => judgeCertificate(one, nowAt))
}

/** Pure. */
export function judgeCertificate({ of, endsAt }: Certificate, nowAt: number): Finding {
  const day = new Date(endsAt).toISOString().slice(0, 10)
  const days = Math.floor((endsAt - nowAt) / DAY_MS)
  const mend = `have a new certificate made for ${of}`
  if (days < 0) return broken(part, `that of ${of} expired on ${day}`, mend)
  return days < SOON_DAYS
    ? doubtful(part, `that of ${of} expires in ${days} days, on ${day}`, mend)
    : fine(part, `that of ${of} holds until ${day}`)
}

function given({ database, kafka }: Config): readonly Certificate[] {
  const texts = { DATABASE_SSL_CA: database.sslCa, KAFKA_SSL_CA: kafka.sslCa, KAFKA_SSL_CERT: kafka.sslClient.certificate }
  return Object.entries(texts).flatMap(([of, text]) => (text === null ? [] : [{ of, endsAt: firstEnd(text) }]))
}

/** Of several the one that ends first. Which have been read once, when the settings were. */
function firstEnd(text: string): number {
  const blocks = readPem(text, pemCertificate)
  const ends = 'expected' in blocks ? [] : blocks.map(one => new X509Certificate(one.text).validToDate.getTime())
  return Math.min(...ends)
}

type Server = { host: string; port: number }

function serversOf({ publicUrl, objects, schemaRegistry, kafka }: Config): readonly Server[] {
  const urls = [publicUrl, objects.endpoint, schemaRegistry.url].flatMap(url => (url?.startsWith('https:') ? [new URL(url)] : []))
  const brokers = kafka.ssl ? (kafka.brokers ?? []) : []
  return [
    ...urls.map(({ hostname, port }) => ({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443) })),
    ...brokers.map(broker => ({ host: broker.replace(/:\d+$/, ''), port: Number(/\d+$/.exec(broker)?.[0]) })),
  ]
}

/** Whoever vouches for it: that is judged where it is used. Resolves to nothing where no TLS is to be had. */
function askServer({ host, port }: Server, signal: AbortSignal): Promise<readonly Certificate[]> {
  return new Promise(resolve => {
    const name = isIP(host) === 0 ? { servername: host } : {}
    const socket = connect({ host, port, ...name, rejectUnauthorized: false })
    const stop = onAbort(signal, () => end([]))
    const end = (found: readonly Certificate[]) => {
      stop()
      socket.destroy()
      resolve(found)
    }
    socket.once('error', () => end([]))
    socket.once('secureConnect', () => {
      const endsAt = Date.parse(socket.getPeerCertificate().valid_to)
      end(Number.isNaN(endsAt) ? [] : [{ of: `${host}:${port}`, endsAt }])
    })
  })
}
