// A sealed file goes to the first host of the account's media connection that takes it: a word of ours that is not believed is renewed once
// (Baileys, Utils/messages-media.js, getWAUploadToServer; whatsmeow, upload.go).
import { atCdn, isWhatsApps } from '../../convert/media-keys.ts'
import type { FileKind } from '../../events/command-bodies/files.ts'
import { ObjectError } from '../../objects/objects.ts'
import { describeError } from '../../runtime/logger.ts'
import type { MediaConnection, MediaHosts } from './media-connection.ts'
import type { Posted, PostStream } from './post-stream.ts'
import { FileLost, type Sealing } from './seal-file.ts'

export type PostDeps = { cdnUrl: string | null; post: PostStream }
type Of = { kind: FileKind; sealing: Sealing; connection: MediaConnection }
/** refused: no host takes this file, whoever asks; failed: nobody can send it, in words; away: no host did now, or our store. */
export type Came =
  | { is: 'posted'; url: string; directPath: string; host: string }
  | { is: 'refused'; status: number }
  | { is: 'failed'; reasonText: string }
  | { is: 'away'; isTheirs: boolean; why: string; status: number | null }

/** Rejects with the signal's reason. */
export async function postFile(deps: PostDeps, of: Of, signal: AbortSignal): Promise<Came> {
  const hosts = await orAway(of.connection.current(), signal)
  if ('is' in hosts) return hosts
  const came = await tryHosts(deps, of, hosts, signal)
  if (came.is !== 'away' || !isNotBelieved(came.status)) return came
  const renewed = await orAway(of.connection.renewed(hosts), signal)
  return 'is' in renewed ? renewed : tryHosts(deps, of, renewed, signal)
}

async function orAway(asked: Promise<MediaHosts>, signal: AbortSignal): Promise<MediaHosts | Came> {
  try {
    return await asked
  } catch (error) {
    signal.throwIfAborted()
    return away(`asking who takes files: ${describeError(error)}`)
  }
}

async function tryHosts(deps: PostDeps, of: Of, { auth, hosts }: MediaHosts, signal: AbortSignal): Promise<Came> {
  let last = away('WhatsApp names no host that takes files')
  for (const host of hosts) {
    const url = urlOf(of, { host, auth })
    if (url === null) continue
    const posted = await deps.post(
      { url: atCdn(url, deps.cdnUrl), host, bytes: of.sealing.again, sizeBytes: of.sealing.sealed.encSizeBytes },
      signal,
    )
    if (posted.is === 'posted') return { ...posted, host }
    // The next host would get no more of it.
    if (posted.is === 'not-read') return unreadOf(posted.error)
    last = cameOf(posted, host)
    // The other hosts would say the same.
    if (last.is === 'refused' || isNotBelieved(posted.status)) return last
  }
  return last
}

/** Of a file of ours that could not be read. Throws what nobody expects. */
export function unreadOf(error: unknown): Exclude<Came, { is: 'posted' }> {
  if (error instanceof FileLost) return { is: 'failed', reasonText: error.message }
  if (error instanceof ObjectError) return { is: 'away', isTheirs: false, why: error.message, status: null }
  throw error
}

const cameOf = ({ status, why }: Extract<Posted, { is: 'not-posted' }>, host: string): Came =>
  status !== null && status >= 400 && status < 500 && !passes.has(status) && !isNotBelieved(status)
    ? { is: 'refused', status }
    : away(`${host}: ${why}`, status)

/** Of the time, or of how much there is. */
const passes: ReadonlySet<number> = new Set([408, 429])
const isNotBelieved = (status: number | null): boolean => status === 401 || status === 403
const away = (why: string, status: number | null = null): Came => ({ is: 'away', isTheirs: true, why, status })

/** null: it is no host of WhatsApp's. */
function urlOf({ kind, sealing }: Of, { host, auth }: { host: string; auth: string }): URL | null {
  const token = sealing.sealed.encSha256.toString('base64url')
  const text = `https://${host}${paths[kind]}/${token}?auth=${encodeURIComponent(auth)}&token=${token}`
  const url = URL.canParse(text) ? new URL(text) : null
  return url !== null && url.hostname === host.toLowerCase() && isWhatsApps(url) ? url : null
}

/** Baileys' lib/Defaults (MEDIA_PATH_MAP), by what each kind is sealed as. */
const paths: Readonly<Record<FileKind, string>> = {
  image: '/mms/image',
  sticker: '/mms/image',
  video: '/mms/video',
  gif: '/mms/video',
  ptv: '/mms/video',
  audio: '/mms/audio',
  voice: '/mms/audio',
  document: '/mms/document',
}
