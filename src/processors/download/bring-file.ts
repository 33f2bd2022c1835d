// A message's file is brought under incoming/ once per instance, however often it is forwarded: what is there already is not fetched, nor what
// zaplog sent itself, and forwards of one file wait for one fetch.
import type { ObjectStore } from '../../objects/objects.ts'
import type { Config } from '../../runtime/config.ts'
import type { FairTurns } from '../../runtime/fair-turns.ts'
import { inTurn } from '../in-turn.ts'
import type { IncomingRows } from '../incoming-rows.ts'
import { MediaError } from '../media-error.ts'
import { metadataOf } from '../media-file.ts'
import { maxBytesOf } from '../size-limits.ts'
import type { DownloadMetrics } from './download-metrics.ts'
import type { FileToFetch } from './file-to-fetch.ts'
import { fetchIncoming, findIncoming, type Incoming, incomingName, type Wanted } from './incoming.ts'
import { type FindSentFile, sentFile } from './sent-files.ts'
import { createSharedWork, type SharedWork } from './shared-work.ts'
import type { Transfers } from './transfers.ts'

export type BringDeps = {
  objects: ObjectStore
  incomingRows: IncomingRows
  findSentFile: FindSentFile
  transfers: Transfers
  /** Takes the place of every WhatsApp media host; null: WhatsApp. */
  cdnUrl: string | null
  turns: FairTurns
  config: Config['media']
  metrics: DownloadMetrics
  clock: () => number
}
/** `reused`: it was there already, or another message's fetch brought it. */
export type Brought = { incoming: Incoming; reused: boolean }
type Task = { file: FileToFetch; attempt: number }

/** Shared by all that is fetched at the same time. What is final is so by one message's reference: a forward may have a fresher or truer one. */
export const createSharedFetches = (): SharedWork<Incoming> =>
  createSharedWork(failure => failure instanceof MediaError && !failure.retryable)

/** Rejects MediaError, ObjectError or DatabaseError, or with the signal's reason. */
export async function bringFile(
  deps: BringDeps & { fetches: SharedWork<Incoming> },
  task: Task,
  signal: AbortSignal,
): Promise<Brought> {
  const sent = await sentFile(deps, task.file, signal)
  if (sent !== null) return { incoming: sent, reused: true }
  const wanted = wantedOf(deps, task)
  const fetched = { here: false }
  const fetchOnce = async () => {
    const isNew = await deps.incomingRows.begin(wanted)
    const known = isNew ? null : await findIncoming(deps.objects, wanted.key, signal)
    if (known !== null) return known
    fetched.here = true
    try {
      return await inTurn(deps.turns, { ...turnOf(task), work: () => fetch(deps, wanted, signal) }, signal)
    } catch (error) {
      const left = isNew && isNowhere(error) ? await findIncoming(deps.objects, wanted.key, signal) : null
      if (left === null) throw error
      return left
    }
  }
  const incoming = await deps.fetches.share(wanted.key, fetchOnce, signal)
  if (incoming.sizeBytes > wanted.maxBytes)
    throw new MediaError('too-large', `downloading a ${wanted.kind}: expected at most ${wanted.maxBytes} bytes`)
  return { incoming, reused: !fetched.here }
}

function wantedOf({ objects, config }: BringDeps, { file, attempt }: Task): Wanted {
  const { source } = file
  const { instanceId } = file.event
  const { kind } = file.fields
  const { idleTimeoutMs, minTotalTimeoutMs } = config
  return {
    key: objects.newKey(incomingName(instanceId, source)),
    instanceId,
    kind,
    mimetype: file.fields.mimetype ?? null,
    metadata: metadataOf(file),
    source,
    maxBytes: maxBytesOf(config, kind),
    timeouts: { idleTimeoutMs, minTotalTimeoutMs, timeoutFactor: 2 ** (attempt - 1) },
  }
}

/** At WhatsApp. It may lie here all the same: from a version that kept no rows, or of a database that was lost. */
const isNowhere = (error: unknown): boolean => error instanceof MediaError && (error.code === 'gone' || error.code === 'no-url')

/** Live files go before repeated ones. */
const turnOf = ({ file, attempt }: Task) => ({
  key: file.event.instanceId,
  urgent: attempt === 1 && file.fields.round === 1,
})

async function fetch(deps: BringDeps, wanted: Wanted, signal: AbortSignal): Promise<Incoming> {
  const { key, instanceId, kind } = wanted
  const startAt = deps.clock()
  await deps.incomingRows.remember({ key, instanceId })
  const incoming = await fetchIncoming(deps, wanted, signal)
  deps.metrics.seconds.observe({ kind }, (deps.clock() - startAt) / 1000)
  deps.metrics.downloadedBytes.inc({ kind }, incoming.sizeBytes)
  return incoming
}
