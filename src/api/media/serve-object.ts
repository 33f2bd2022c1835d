// An object of the store as an HTTP answer: streamed in constant memory, with Range, ETag, and nothing that a browser would run.
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ObjectHead, ObjectStore } from '../../objects/objects.ts'
import type { Logger } from '../../runtime/logger.ts'
import { clientGone } from '../client-gone.ts'
import { isKnown } from '../if-none-match.ts'
import { Problem } from '../problems.ts'
import { type ByteRange, byteRange } from './byte-range.ts'
import { contentDisposition } from './content-disposition.ts'

export type Served = {
  key: string
  /** null: as stored. */
  contentType: string | null
  fileName: string | null
  /** Save rather than show, whatever the type. */
  download: boolean
  /** For caches between us and the reader; null: must not be kept. */
  maxAgeSeconds: number | null
}

/** null: there is no such object, and nothing was answered. Rejects ObjectError. */
export async function serveObject(
  deps: { objects: ObjectStore; logger: Logger },
  served: Served,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | null> {
  const signal = clientGone(reply)
  const head = await deps.objects.head(served.key, signal)
  if (head === null) return null
  const etag = etagOf(head)
  if (isKnown(request.headers['if-none-match'], etag)) return describe(reply, head, etag, served).code(304).send()
  const range = rangeOf(request, head, etag)
  if (range === 'unsatisfiable') throw unsatisfiable(reply, head)
  const body = request.method === 'HEAD' ? undefined : await openBody(deps, served.key, range, signal)
  if (body === null) return null
  // Headers only from here on: a refusal above goes out with none of them.
  describe(reply, head, etag, served)
  const { fromByte, toByte } = range ?? { fromByte: 0, toByte: head.sizeBytes - 1 }
  if (range !== null) reply.code(206).header('content-range', `bytes ${fromByte}-${toByte}/${head.sizeBytes}`)
  return reply.header('content-length', String(toByte - fromByte + 1)).send(body)
}

/** Stored objects never change under their key, so the file's own hash names its bytes. */
const etagOf = (head: ObjectHead): string => `"${(head.metadata.sha256 ?? head.etag).replaceAll('"', '')}"`

function describe(reply: FastifyReply, head: ObjectHead, etag: string, served: Served): FastifyReply {
  const contentType = served.contentType ?? head.contentType
  return reply.headers({
    'content-type': contentType,
    'content-disposition': contentDisposition({ ...served, contentType }),
    'x-content-type-options': 'nosniff',
    // A console on another origin may show it; what it shows cannot run anything in ours.
    'cross-origin-resource-policy': 'cross-origin',
    'content-security-policy':
      "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'; object-src 'self'",
    'accept-ranges': 'bytes',
    'cache-control': served.maxAgeSeconds === null ? 'no-store' : `public, max-age=${served.maxAgeSeconds}, immutable`,
    'last-modified': new Date(head.modifiedAt).toUTCString(),
    etag,
  })
}

/** A range of another version than the reader has would splice two files together. */
function rangeOf(request: FastifyRequest, head: ObjectHead, etag: string): ByteRange {
  const condition = request.headers['if-range']
  return condition === undefined || condition === etag ? byteRange(request.headers.range, head.sizeBytes) : null
}

function unsatisfiable(reply: FastifyReply, head: ObjectHead): Problem {
  reply.header('content-range', `bytes */${head.sizeBytes}`)
  return new Problem('range-not-satisfiable', `expected a range within ${head.sizeBytes} bytes`)
}

/** Once the first bytes are out, a failure can only cut the connection: the reader sees fewer bytes than announced. */
async function openBody(
  deps: { objects: ObjectStore; logger: Logger },
  key: string,
  range: Exclude<ByteRange, 'unsatisfiable'>,
  signal: AbortSignal,
): Promise<Readable | null> {
  const object = await deps.objects.get({ key, ...range }, signal)
  if (object === null) return null
  const stream = Readable.from(object.body, { objectMode: false })
  stream.once('error', error => deps.logger.warn('media.cut', { key, error }))
  return stream
}
