// A receiver of OpenTelemetry's traces in a process of its own: it takes whatever is posted, and counts its bytes.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerCalls } from './child.ts'

let bytes = 0

const server = createServer((request, response) => {
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
  })
  request.once('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end())
})

const listening = new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))

const calls = {
  url: async () => {
    await listening
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  },
  /** So far. */
  bytes: async () => bytes,
}
export type CollectorCalls = typeof calls
answerCalls(calls)
