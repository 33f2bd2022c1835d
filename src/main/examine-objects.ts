// A bucket: whether an object of our own can be put, read and deleted there, how fast, and whether browsers may put files by a presigned URL.
import { randomBytes, randomUUID } from 'node:crypto'
import { request } from 'undici'
import type { ObjectStore } from '../objects/objects.ts'
import type { Config } from '../runtime/config.ts'
import type { Logger } from '../runtime/logger.ts'
import { never } from '../runtime/or-abort.ts'
import { broken, doubtful, type Finding, fine } from './finding.ts'
import { judgeClock } from './judge-clock.ts'
import { s3Options } from './objects.ts'

const part = 's3'
const MIB = 1024 ** 2
const SIZE_BYTES = 4 * MIB
const SLOW_MIB_PER_S = 2
const PRESIGNED_FOR_MS = 60_000
const contentType = 'application/octet-stream'

export async function examineObjects(
  { config, logger }: { config: Config; logger: Logger },
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { objects, publicUrl, port } = config
  const { openS3Store } = await import('../objects/s3.ts') // and the SDK, which files do without
  const store = await openS3Store(s3Options(objects, objects.bucket ?? '', logger), signal)
  const origin = new URL(publicUrl ?? `http://127.0.0.1:${port}`).origin
  return examineStore(store, origin, signal)
}

/** Of any store: what is put is deleted again, whatever happens in between. */
export async function examineStore(store: ObjectStore, origin: string, signal: AbortSignal): Promise<readonly Finding[]> {
  const key = store.newKey(`doctor/${randomUUID()}`)
  const bytes = randomBytes(SIZE_BYTES)
  try {
    const beganAt = performance.now()
    await store.put({ key, body: chunksOf(bytes), contentType, metadata: {} }, signal)
    const putAt = performance.now()
    const read = await readAll(store, key, signal)
    const readAt = performance.now()
    const asked = await askAsBrowser(store, { key, origin }, signal)
    if (!read.equals(bytes))
      return [broken(part, 'what was read is not what was put', 'expected a store that keeps bytes as they are')]
    return [judgeSpeed({ putMs: putAt - beganAt, readMs: readAt - putAt }), ...judgeAnswer(asked, origin)]
  } finally {
    await store.delete([key], never)
  }
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function readAll(store: ObjectStore, key: string, signal: AbortSignal): Promise<Buffer> {
  const found = await store.get({ key }, signal)
  const chunks: Buffer[] = []
  for await (const chunk of found?.body ?? []) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

export type BrowserAnswer = {
  status: number
  allowOrigin: string | null
  allowMethods: string | null
  /** Theirs less ours; null: the answer has no date. */
  clockSkewMs: number | null
}

/** The question before a PUT to another origin (Fetch, 4.8: CORS-preflight). */
async function askAsBrowser(
  store: ObjectStore,
  { key, origin }: { key: string; origin: string },
  signal: AbortSignal,
): Promise<BrowserAnswer> {
  const grant = { method: 'PUT', key, contentType, sizeBytes: SIZE_BYTES, expiresInMs: PRESIGNED_FOR_MS } as const
  const { url } = await store.presign(grant, signal)
  const asking = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'content-type' }
  const answer = await request(url, { method: 'OPTIONS', headers: { origin, ...asking }, signal })
  const answeredAt = Date.now()
  await answer.body.dump()
  const text = (name: string) => [answer.headers[name] ?? []].flat().join(', ') || null
  const date = Date.parse(text('date') ?? '')
  return {
    status: answer.statusCode,
    allowOrigin: text('access-control-allow-origin'),
    allowMethods: text('access-control-allow-methods'),
    clockSkewMs: Number.isNaN(date) ? null : date + HALF_SECOND_MS - answeredAt,
  }
}

/** The header has whole seconds. */
const HALF_SECOND_MS = 500

/** Pure. */
export function judgeSpeed({ putMs, readMs }: { putMs: number; readMs: number }): Finding {
  const speed = (ms: number) => SIZE_BYTES / MIB / (ms / 1000)
  const found = `puts ${speed(putMs).toFixed(1)} MiB/s, reads ${speed(readMs).toFixed(1)} MiB/s (4 MiB)`
  if (Math.min(speed(putMs), speed(readMs)) >= SLOW_MIB_PER_S) return fine(part, found)
  return doubtful(part, found, 'use a bucket that is nearer: media wait for it')
}

/** Pure. */
export function judgeAnswer(
  { status, allowOrigin, allowMethods, clockSkewMs }: BrowserAnswer,
  origin: string,
): readonly Finding[] {
  const letsIn = (allowOrigin === '*' || allowOrigin === origin) && /\bPUT\b|\*/.test(allowMethods ?? '')
  const found = `browsers at ${origin} ${letsIn ? 'may' : 'may not'} put files${letsIn ? '' : ` (status ${status})`}`
  const mend = `give the bucket a CORS rule: AllowedOrigins ${origin}, AllowedMethods PUT, AllowedHeaders *`
  return [
    letsIn ? fine(part, found) : doubtful(part, found, mend),
    ...(clockSkewMs === null ? [] : [judgeClock(part, clockSkewMs)]),
  ]
}
