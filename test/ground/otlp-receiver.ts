// A receiver of OpenTelemetry's traces on loopback: what comes by OTLP over HTTP (protobuf, opentelemetry-proto v1), as spans.
import type { IncomingHttpHeaders } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { openLoopbackServer } from './loopback-server.ts'

export type ToldSpan = {
  traceId: string
  spanId: string
  parentSpanId: string
  name: string
  kind: number
  /** Epoch ns. */
  startedAt: bigint
  endedAt: bigint
  /** Names, in their order. */
  events: readonly string[]
  /** In words; '' where it went well. */
  error: string
  links: readonly { traceId: string; spanId: string }[]
  attributes: Readonly<Record<string, string | number>>
  /** Of the process. */
  resource: Readonly<Record<string, string | number>>
}

/** `batches`: how many came at once; `headers`: of each request. `status` of each answer [200]; null: it never answers. What is not taken with 200 is not among the spans. */
export type OtlpReceiver = {
  url: string
  spans: readonly ToldSpan[]
  batches: readonly number[]
  headers: readonly IncomingHttpHeaders[]
}

export async function openOtlpReceiver({ status = () => 200 }: { status?(): number | null } = {}): Promise<OtlpReceiver> {
  const spans: ToldSpan[] = []
  const batches: number[] = []
  const headers: IncomingHttpHeaders[] = []
  const { url } = await openLoopbackServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    headers.push(request.headers)
    const came = spansIn(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body)
    const answer = status()
    if (answer === null) return
    if (answer === 200) spans.push(...came)
    if (answer === 200) batches.push(came.length)
    response.writeHead(answer, { 'content-type': 'application/x-protobuf' }).end()
  })
  return { url, spans, batches, headers }
}

const spansIn = (request: Buffer): readonly ToldSpan[] =>
  all(request, 1).flatMap(ofResource => {
    const resource = attributesOf(all(one(ofResource, 1), 1))
    return all(ofResource, 2).flatMap(ofScope => all(ofScope, 2).map(span => ({ ...spanOf(span), resource })))
  })

const spanOf = (span: Buffer) => ({
  ...idsOf(span),
  parentSpanId: one(span, 4).toString('hex'),
  name: one(span, 5).toString(),
  kind: Number(fieldsOf(span).find(({ number }) => number === 6)?.value ?? 0),
  startedAt: one(span, 7).readBigUInt64LE(),
  endedAt: one(span, 8).readBigUInt64LE(),
  events: all(span, 11).map(event => one(event, 2).toString()),
  error: one(one(span, 15), 2).toString(),
  attributes: attributesOf(all(span, 9)),
  links: all(span, 13).map(idsOf),
})
const idsOf = (of: Buffer) => ({ traceId: one(of, 1).toString('hex'), spanId: one(of, 2).toString('hex') })

/** Texts and whole numbers. */
const attributesOf = (pairs: readonly Buffer[]) =>
  Object.fromEntries(
    pairs.map(pair => {
      const [value] = fieldsOf(one(pair, 2))
      return [one(pair, 1).toString(), value?.value instanceof Buffer ? value.value.toString() : Number(value?.value)]
    }),
  )

const all = (message: Buffer, number: number): readonly Buffer[] =>
  fieldsOf(message).flatMap(field => (field.number === number && field.value instanceof Buffer ? [field.value] : []))
const one = (message: Buffer, number: number): Buffer => all(message, number)[0] ?? Buffer.alloc(0)

type Field = { number: number; value: Buffer | bigint }

/** The wire format: a tag, and behind it a varint, 8 bytes, so many bytes, or 4 bytes. */
function fieldsOf(message: Buffer): readonly Field[] {
  const fields: Field[] = []
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const take = (bytes: number) => {
    at += bytes
    return message.subarray(at - bytes, at)
  }
  while (at < message.length) {
    const tag = Number(varint())
    const values = [varint, () => take(8), () => take(Number(varint())), null, null, () => take(4)]
    const read = values[tag & 7]
    if (read == null) throw new Error(`reading protobuf: expected a wire type, got ${tag & 7}`)
    fields.push({ number: tag >> 3, value: read() })
  }
  return fields
}

/** All that they say. */
export const textOf = (spans: readonly ToldSpan[]): string =>
  JSON.stringify(spans, (_, value) => (typeof value === 'bigint' ? String(value) : value))
