// What a client uploads: taken where its path, its word, its length and its token say what it is, as WhatsApp's servers do (Baileys
// getWAUploadToServer); and on demand every way that goes wrong.
import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

export type UploadFault =
  /** Answered once all of it has come. */
  | { kind: 'status'; status: number }
  /** Takes that much, then nothing more, and never answers. */
  | { kind: 'stall'; atByte: number }
  /** Takes that much, then resets the connection. */
  | { kind: 'reset'; atByte: number }
  /** Takes all, and answers as it should once it is told what becomes of the next ones. */
  | { kind: 'hold' }
  /** Takes all, and answers with something else than where it is. */
  | { kind: 'nonsense' }
export type Uploads = {
  /** What media connections are told, and uploads have to say. */
  auth(): string
  /** The word so far is not believed any more. */
  renewAuth(): void
  /** The next `times` [every] uploads go wrong. A newer fault replaces an older one; null: none does. */
  faultUploads(fault: UploadFault | null, times?: number): void
  /** How many are in its hands now, half taken or without an answer. */
  heldUploads(): number
}
type Deps = { put(bytes: Uint8Array): string }

const mediaHost = 'mmg.whatsapp.net'
const maxUploadBytes = 100 * 1024 * 1024
const places: readonly string[] = ['/mms/image', '/mms/video', '/mms/audio', '/mms/document']

export function createUploads({
  put,
}: Deps): Uploads & { receive(request: IncomingMessage, response: ServerResponse): Promise<void> } {
  let auth = drawAuth()
  let planned: { fault: UploadFault; timesLeft: number } | null = null
  const held = new Set<ServerResponse>()
  let toldNext = Promise.withResolvers<void>()

  function takeFault(): UploadFault | null {
    if (planned === null || planned.timesLeft <= 0) return null
    planned.timesLeft--
    return planned.fault
  }

  function hold(response: ServerResponse): void {
    held.add(response)
    response.once('close', () => held.delete(response))
  }

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = takeFault()
    const isCut = fault?.kind === 'stall' || fault?.kind === 'reset'
    const bytes = await bytesOf(request, isCut ? fault.atByte : maxUploadBytes)
    if (fault?.kind === 'stall') return hold(response)
    if (fault?.kind === 'reset') return void response.socket?.resetAndDestroy()
    if (fault?.kind === 'hold') {
      hold(response)
      await toldNext.promise // whoever waits for the answer may be gone by then
    }
    const status = fault?.kind === 'status' ? fault.status : judge(request, bytes, auth)
    if (status !== 200) return void response.writeHead(status).end()
    const directPath = put(bytes ?? Buffer.of())
    const answer = { url: `https://${mediaHost}${directPath}`, direct_path: directPath }
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(fault?.kind === 'nonsense' ? '{}' : JSON.stringify(answer))
  }

  return {
    auth: () => auth,
    renewAuth: () => {
      auth = drawAuth()
    },
    faultUploads: (fault, times = Number.POSITIVE_INFINITY) => {
      planned = fault && { fault, timesLeft: times }
      toldNext.resolve()
      toldNext = Promise.withResolvers()
    },
    heldUploads: () => held.size,
    receive,
  }
}

/** Has what a query has to escape. */
const drawAuth = (): string => `sim+${randomBytes(6).toString('base64')}/=`

function judge({ url = '/', headers }: IncomingMessage, bytes: Buffer | null, auth: string): number {
  if (bytes === null) return 413
  const { pathname, searchParams } = new URL(url, 'http://cdn')
  const at = pathname.lastIndexOf('/')
  if (!places.includes(pathname.slice(0, at))) return 404
  if (searchParams.get('auth') !== auth) return 401
  if (headers['content-length'] !== String(bytes.length)) return 411
  const token = createHash('sha256').update(bytes).digest('base64url')
  return searchParams.get('token') === token && pathname.slice(at + 1) === token ? 200 : 400
}

/** null: there is more; what came by then is read, and nothing after it. */
async function bytesOf(request: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    sizeBytes += chunk.length
    if (sizeBytes > maxBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
