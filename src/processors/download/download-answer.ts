// What is answered to a download, by what came of it. Pure.
import { spread } from '../../runtime/wait.ts'
import type { MediaError } from '../media-error.ts'
import { mediaFailed } from '../media-failed.ts'
import { aboutFile } from '../media-file.ts'
import type { Answer, Count } from '../processor.ts'
import type { Brought } from './bring-file.ts'
import type { DownloadMetrics } from './download-metrics.ts'
import type { FileToFetch } from './file-to-fetch.ts'

type Tried = { file: FileToFetch; attempt: number }

const RETRY_JITTER = 0.2
/** The log's own bound on a lane's wait at once. */
export const MAX_RETRY_DELAY_MS = 60_000
/** A server that asks for more is not waited for. */
export const MAX_RETRY_AFTER_MS = 3_600_000

export function downloaded(metrics: DownloadMetrics, of: Tried & Brought & { durationMs: number }): Answer {
  const { file, attempt, incoming, reused, durationMs } = of
  const { sizeBytes, sha256 } = incoming
  const announced = file.source.sha256
  const sha256Matches = announced == null || Buffer.from(announced).toString('hex') === sha256
  const made = { incomingKey: incoming.key, sizeBytes, sha256, sha256Matches, attempts: attempt, mediaSource: file.source }
  const fields = { ...aboutFile(file), attempt, reused, sizeBytes, sha256Matches, durationMs }
  return {
    kind: 'emit',
    events: [{ type: 'media.downloaded', ...file.fields, ...made }],
    report: {
      line: { level: 'info', event: 'media.downloaded', fields },
      counts: [
        countAs(metrics, file, reused ? 'reused' : 'downloaded'),
        ...(reused ? [() => metrics.reusedBytes.inc({ kind: file.fields.kind }, sizeBytes)] : []),
      ],
    },
  }
}

/** null: it is not tried again. Not before the server would have it, where it says so. */
export function retryWaitMs(
  { retryDelaysMs, random }: { retryDelaysMs: readonly number[]; random: () => number },
  { attempt, error }: { attempt: number; error: MediaError },
): number | null {
  const plannedMs = retryDelaysMs[attempt - 1]
  const askedMs = error.retryAfterMs ?? 0
  if (!error.retryable || plannedMs === undefined || askedMs > MAX_RETRY_AFTER_MS) return null
  return Math.round(Math.max(spread(plannedMs, RETRY_JITTER, random()), askedMs))
}

export function retried(metrics: DownloadMetrics, of: Tried & { error: MediaError; waitMs: number }): Answer {
  const { file, attempt, error, waitMs } = of
  const fields = { ...aboutFile(file), attempt, reason: error.code, retryInMs: waitMs, error }
  return {
    kind: 'retry',
    delayMs: Math.min(waitMs, MAX_RETRY_DELAY_MS),
    reason: `${error.code}: ${error.message}`,
    report: {
      line: { level: 'info', event: 'media.download-retried', fields },
      counts: [countAs(metrics, file, 'retried')],
    },
  }
}

/** The next step of a wait that the server asked for: nothing was tried, and no transfer is held. */
export const waitsOn = (leftMs: number): Answer => ({
  kind: 'retry',
  delayMs: Math.min(Math.ceil(leftMs), MAX_RETRY_DELAY_MS),
  reason: `the server asked to wait, ${Math.ceil(leftMs)} ms are left`,
  costsAttempt: false,
})

export function downloadFailed(metrics: DownloadMetrics, { file, attempt, error }: Tried & { error: MediaError }): Answer {
  const counts = [countAs(metrics, file, 'failed')]
  return mediaFailed(metrics, { file, stage: 'download', error, retryable: error.retryable, attempt, counts })
}

type Outcome = 'downloaded' | 'reused' | 'retried' | 'failed'

const countAs =
  ({ downloads }: DownloadMetrics, file: FileToFetch, outcome: Outcome): Count =>
  () =>
    downloads.inc({ outcome, kind: file.fields.kind })
