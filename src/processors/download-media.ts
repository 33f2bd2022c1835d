// Every media message's file is fetched, verified and held under incoming/ once per instance, or said to have failed and why.
import type { TopicName } from '../events/topics.ts'
import { clearAway } from './clear-away.ts'
import { createAskedWaits } from './download/asked-waits.ts'
import { type BringDeps, bringFile, createSharedFetches } from './download/bring-file.ts'
import { downloaded, downloadFailed, MAX_RETRY_DELAY_MS, retried, retryWaitMs, waitsOn } from './download/download-answer.ts'
import { createDownloadMetrics } from './download/download-metrics.ts'
import { type FileToFetch, fileToFetch, nameOf } from './download/file-to-fetch.ts'
import { incomingName } from './download/incoming.ts'
import { linkEndsAt } from './download/media-url.ts'
import { sentFilesIn } from './download/sent-files.ts'
import { openTransfers } from './download/transfers.ts'
import { FILES_IN_HAND, transferTurns } from './in-turn.ts'
import { createIncomingRows } from './incoming-rows.ts'
import { MediaError } from './media-error.ts'
import { aboutFile } from './media-file.ts'
import { orMediaError } from './or-media-error.ts'
import type { Answer, Given, Processor, ProcessorEntry } from './processor.ts'

const name = 'download-media'
const reads: readonly TopicName[] = ['events', 'media-failed']

export const downloadMedia: ProcessorEntry = {
  name,
  reads,
  open(needs) {
    const transfers = openTransfers({ ...needs.config, logger: needs.logger })
    const turns = transferTurns(needs.config)
    const metrics = createDownloadMetrics(needs.metrics, turns, needs.clock)
    const incomingRows = createIncomingRows(needs.database)
    return {
      ...createDownloads({ ...needs, incomingRows, findSentFile: sentFilesIn(needs.database), transfers, turns, metrics }),
      close: transfers.close,
    }
  },
}

export type DownloadDeps = BringDeps & { /** In [0, 1). */ random: () => number }

export function createDownloads(deps: DownloadDeps): Processor<FileToFetch> {
  const sharing = { ...deps, fetches: createSharedFetches() }
  const waits = createAskedWaits(deps.clock)

  async function process(file: FileToFetch, { record, attempt }: Given, signal: AbortSignal): Promise<Answer> {
    const letGo = deps.metrics.hold({ recordedAt: record.recordedAt, linkEndsAt: linkEndsAt(file.source) })
    const startAt = deps.clock()
    try {
      const brought = await orMediaError(bringFile(sharing, { file, attempt }, signal), signal)
      if (brought instanceof MediaError) return retryOrFail(file, brought, attempt)
      return downloaded(deps.metrics, { file, attempt, ...brought, durationMs: deps.clock() - startAt })
    } finally {
      letGo()
    }
  }

  function stillWaits(file: FileToFetch): Answer | null {
    const leftMs = waits.leftMs(nameOf(file))
    return leftMs > 0 ? waitsOn(leftMs) : null
  }

  function retryOrFail(file: FileToFetch, error: MediaError, attempt: number): Answer {
    const { retryDelaysMs } = deps.config
    const waitMs = retryWaitMs({ retryDelaysMs, random: deps.random }, { attempt, error })
    if (waitMs === null) return downloadFailed(deps.metrics, { file, attempt, error })
    if ((error.retryAfterMs ?? 0) > MAX_RETRY_DELAY_MS) waits.wait(nameOf(file), deps.clock() + waitMs)
    return retried(deps.metrics, { file, attempt, error, waitMs })
  }

  return {
    name,
    reads,
    types: ['message.received', 'message.sent', 'media.refreshed', 'media.failed'],
    takes: fileToFetch,
    limits: {
      concurrency: FILES_IN_HAND,
      bufferedBytes: 16 * 1024 * 1024,
      // One more than ever answer retry: only what throws unforeseen is parked.
      attempts: deps.config.retryDelaysMs.length + 2,
    },
    stillWaits,
    process,
    clearAway: ({ event: { instanceId }, source }, signal) =>
      clearAway(deps.objects, { keys: [deps.objects.newKey(incomingName(instanceId, source))], prefixes: [] }, signal),
    paused: file => ({ level: 'warn', event: 'media.paused', fields: { ...aboutFile(file), stage: 'download' } }),
  }
}
