// The ways a download goes wrong; atByte counts from the start of the response body, so a resumed range can fail again.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { macBytes } from './encrypt-media.ts'
import { slice } from './slice.ts'

export type Fault =
  | { kind: 'status'; status: number; retryAfterSeconds?: number }
  /** Sends that much, then nothing more, with the connection open. */
  | { kind: 'stall'; atByte: number }
  /** Sends that much, then resets the connection. */
  | { kind: 'reset'; atByte: number }
  /** Announces and sends only that much. */
  | { kind: 'truncate'; atByte: number }
  /** One bit of that byte is wrong. */
  | { kind: 'flip'; atByte: number }
  /** The last ten bytes, the MAC, are wrong. */
  | { kind: 'bad-mac' }
  | { kind: 'slow'; bytesPerSecond: number }

type FaultyResponse = { request: IncomingMessage; response: ServerResponse; body: Buffer; fault: Fault }

const slowTickMs = 20

export async function respondWithFault({ request, response, body, fault }: FaultyResponse, signal: AbortSignal): Promise<void> {
  const { status, headers, bytes } = slice(body, request.headers.range)
  switch (fault.kind) {
    case 'status':
      response.writeHead(fault.status, retryAfter(fault)).end()
      return
    case 'stall':
      response.writeHead(status, headers).write(bytes.subarray(0, fault.atByte))
      return
    case 'reset':
      response.writeHead(status, headers)
      // once it has left this process: a reset throws away what is still buffered
      response.write(bytes.subarray(0, fault.atByte), () => response.socket?.resetAndDestroy())
      return
    case 'truncate':
      response.writeHead(status, { ...headers, 'content-length': fault.atByte }).end(bytes.subarray(0, fault.atByte))
      return
    case 'flip':
      response.writeHead(status, headers).end(flip(bytes, fault.atByte, fault.atByte + 1))
      return
    case 'bad-mac':
      response.writeHead(status, headers).end(flip(bytes, bytes.length - macBytes, bytes.length))
      return
    case 'slow':
      response.writeHead(status, headers)
      return drip(response, bytes, fault.bytesPerSecond, signal)
    default:
      fault satisfies never
  }
}

const retryAfter = ({ retryAfterSeconds }: { retryAfterSeconds?: number }) =>
  retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }

function flip(bytes: Buffer, from: number, to: number): Buffer {
  const flipped = Buffer.from(bytes)
  for (let at = Math.max(0, from); at < Math.min(to, flipped.length); at++) flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at)
  return flipped
}

async function drip(response: ServerResponse, bytes: Buffer, bytesPerSecond: number, signal: AbortSignal): Promise<void> {
  const step = Math.max(1, Math.round((bytesPerSecond * slowTickMs) / 1000))
  for (let sent = 0; sent < bytes.length && !response.destroyed && !signal.aborted; sent += step) {
    response.write(bytes.subarray(sent, sent + step))
    await delay(slowTickMs)
  }
  response.end()
}
