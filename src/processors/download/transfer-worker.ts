// A thread that fetches files, decrypts and proves them, and hands their plain bytes over: what a transfer costs, the main thread does not
// spend. It knows no setting but its own, and what ends it ends only its transfers (transfers.ts).
import { parentPort, workerData } from 'node:worker_threads'
import { Agent } from 'undici'
import { MediaError } from '../media-error.ts'
import { fetchMedia } from './fetch-media.ts'
import { findKeys } from './find-keys.ts'
import { inPieces } from './in-pieces.ts'
import { createPieceMemory, type TransferMemory } from './piece-memory.ts'
import { plainDownload } from './plain-download.ts'
import { givingBack } from './spent-bytes.ts'
import type { Asked, Failure, Fetched, Job, Said, WorkerOptions } from './transfer-messages.ts'
import { verifiedDownload } from './verified-download.ts'

type Running = { stop: AbortController; memory: TransferMemory }

const port = parentPort
if (port === null) throw new Error('starting a transfer worker: expected to be a worker thread')
const { connectTimeoutMs, connections } = workerData as WorkerOptions
const dispatcher = new Agent({
  connect: { timeout: connectTimeoutMs },
  connections,
  // One file per connection: over HTTP/2 a stalled one would share its window with the others.
  allowH2: false,
})
const running = new Map<number, Running>()
const pieces = createPieceMemory()
const say = (said: Said, ...handedOver: ArrayBuffer[]) => port.postMessage(said, handedOver)

port.on('message', (asked: Asked) => {
  switch (asked.kind) {
    case 'begin':
      return void begin(asked.id, asked.job)
    case 'next':
      return (running.get(asked.id)?.memory.giveBack ?? pieces.keep)(asked.memory)
    case 'stop':
      return running.get(asked.id)?.stop.abort()
  }
})

async function begin(id: number, job: Job): Promise<void> {
  using memory = pieces.open()
  const of: Running = { stop: new AbortController(), memory }
  running.set(id, of)
  try {
    await carryOut(id, job, of)
  } catch (error) {
    if (!of.stop.signal.aborted) say({ id, kind: 'failed', failure: failureOf(error) })
  } finally {
    running.delete(id)
  }
}

async function carryOut(id: number, job: Job, { memory, stop: { signal } }: Running): Promise<void> {
  const fetched = givingBack(fetchMedia({ dispatcher }, requestOf(job.fetched), signal))
  if (job.kind === 'find-keys') return say({ id, kind: 'keys', found: await findKeys(fetched, job.sealed) })
  const isSealed = job.expected.mediaKey.length > 0
  const plain = isSealed ? verifiedDownload(fetched, job.expected) : plainDownload(fetched, job.expected)
  for await (const piece of inPieces(plain, () => memory.take(signal))) say({ id, kind: 'piece', ...piece }, piece.bytes.buffer)
}

const requestOf = ({ url, ...more }: Fetched) => ({ ...more, url: new URL(url) })

const failureOf = (error: unknown): Failure => {
  if (!(error instanceof MediaError)) return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  const { code, message, retryAfterMs, otherKeysMayFit } = error
  return { media: { code, message, retryAfterMs, otherKeysMayFit } }
}
