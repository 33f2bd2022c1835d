// WhatsApp's media CDN on loopback: whole files and ranges, uploads, and on demand every way a download goes wrong.
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listenOnLoopback } from '../connection/listen.ts'
import { type Fault, respondWithFault } from './cdn-fault.ts'
import { createUploads, type Uploads } from './receive-upload.ts'
import { slice } from './slice.ts'

export type Hit = { method: string; path: string; range: string | null; status: number; at: number }
export type Cdn = Uploads & {
  url: string
  /** Returns the direct path, query included; expiresAt is what its `oe` says [in 14 days]. */
  put(bytes: Uint8Array, options?: { expiresAt?: number }): string
  /** As `put`, of what is made at each request, the same bytes every time: what is there takes no memory. */
  putMade(make: () => Buffer, options?: { expiresAt?: number }): string
  /** There is none any more at that path. */
  remove(path: string): void
  /** The bytes put there, whatever fault the path has; null where there is none. */
  get(path: string): Buffer | null
  /** The next `times` [every] requests for that path go wrong. A newer fault replaces an older one. */
  fault(path: string, fault: Fault, times?: number): void
  heal(path: string): void
  /** Every request, in order of arrival; `at` is epoch ms. */
  hits(): readonly Hit[]
  /** What is there and what goes wrong, for another CDN to begin with. */
  state(): CdnState
  /** Idempotent; stalled and slow responses are destroyed. */
  close(): Promise<void>
}
export type CdnState = { files: ReadonlyMap<string, Buffer>; faults: ReadonlyMap<string, Planned> }
export type Planned = { fault: Fault; timesLeft: number }

const dayMs = 86_400_000
const maxHits = 100_000

export async function openCdn({ port, from }: { port: number; from?: CdnState }): Promise<Cdn> {
  const files = new Map<string, () => Buffer>()
  for (const [path, bytes] of from?.files ?? []) files.set(path, () => bytes)
  const faults = new Map(from?.faults)
  const hits: Hit[] = []
  const { receive, ...uploads } = createUploads({ put })
  const closed = new AbortController()

  function put(bytes: Uint8Array, options?: { expiresAt?: number }): string {
    const kept = Buffer.from(bytes)
    return putMade(() => kept, options)
  }

  function putMade(make: () => Buffer, { expiresAt = Date.now() + 14 * dayMs }: { expiresAt?: number } = {}): string {
    const pathname = `/v/t62.7118-24/${randomBytes(12).toString('hex')}.enc`
    files.set(pathname, make)
    return `${pathname}?ccb=11-4&oh=sim&oe=${Math.floor(expiresAt / 1000)
      .toString(16)
      .toUpperCase()}&mms3=true`
  }

  function takeFault(pathname: string): Fault | null {
    const planned = faults.get(pathname)
    if (planned === undefined) return null
    planned.timesLeft--
    if (planned.timesLeft <= 0) faults.delete(pathname)
    return planned.fault
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pathname = pathOf(request.url ?? '/')
    if (request.method === 'POST') return receive(request, response)
    const body = files.get(pathname)?.()
    const fault = takeFault(pathname)
    if (body === undefined) response.writeHead(404).end()
    else if (fault === null) sendFile(request, response, body)
    else await respondWithFault({ request, response, body, fault }, closed.signal)
  }

  const server = createServer((request, response) => {
    response.once('close', () => hit(hits, request, response))
    respond(request, response).catch(error => response.destroy(error))
  })
  const listeningPort = await listenOnLoopback(server, port)

  let closing: Promise<void> | null = null
  return {
    url: `http://127.0.0.1:${listeningPort}`,
    ...uploads,
    put,
    putMade,
    remove: path => void files.delete(pathOf(path)),
    get: path => files.get(pathOf(path))?.() ?? null,
    fault: (path, fault, times = Number.POSITIVE_INFINITY) => void faults.set(pathOf(path), { fault, timesLeft: times }),
    heal: path => void faults.delete(pathOf(path)),
    hits: () => hits,
    state: () => ({ files: new Map([...files].map(([path, make]) => [path, make()])), faults }),
    close() {
      closing ??= new Promise(resolve => {
        closed.abort()
        server.close(() => resolve())
        server.closeAllConnections()
      })
      return closing
    },
  }
}

/** The query is a signature nobody checks here: the path alone names the file. */
function pathOf(url: string): string {
  return new URL(url, 'http://cdn').pathname
}

function hit(hits: Hit[], request: IncomingMessage, response: ServerResponse): void {
  const { method = 'GET', url = '/', headers } = request
  hits.push({ method, path: url, range: headers.range ?? null, status: response.statusCode, at: Date.now() })
  if (hits.length > maxHits) hits.splice(0, maxHits / 10)
}

function sendFile(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const { status, headers, bytes } = slice(body, request.headers.range)
  response.writeHead(status, { 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes', ...headers })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}
