// What downloads are measured by.
import { fileKinds } from '../../events/command-bodies/files.ts'
import type { FairTurns } from '../../runtime/fair-turns.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { createFailureCounters } from '../media-failed.ts'

/** `linkEndsAt`: null where it is not known. */
type FileInHand = { recordedAt: number; linkEndsAt: number | null }

const NEAR_MS = 24 * 60 * 60 * 1000
/** The link is the sender's word: by itself, one that ends soon is no news of ours. */
const WAITS_MS = 15 * 60 * 1000

export type DownloadMetrics = ReturnType<typeof createDownloadMetrics>

export function createDownloadMetrics(metrics: Metrics, turns: FairTurns, clock: () => number) {
  /** By a mark of its own. */
  const inHand = new Map<symbol, FileInHand>()
  metrics.gauge('zaplog_media_transfers', gauge => gauge.set(turns.held()))
  metrics.gauge('zaplog_media_transfers_waiting', gauge => gauge.set(turns.waiting()))
  metrics.gauge('zaplog_media_oldest_undownloaded_seconds', gauge =>
    gauge.set(inHand.size === 0 ? 0 : Math.max(0, clock() - Math.min(...[...inHand.values()].map(one => one.recordedAt))) / 1000),
  )
  const isNear = ({ recordedAt, linkEndsAt }: FileInHand) =>
    linkEndsAt !== null && linkEndsAt - clock() < NEAR_MS && clock() - recordedAt >= WAITS_MS
  metrics.gauge('zaplog_media_near_expiry', gauge => gauge.set([...inHand.values()].filter(isNear).length))
  const downloads = metrics.counter('zaplog_media_downloads_total')
  for (const kind of fileKinds) downloads.inc({ outcome: 'failed', kind }, 0) // an alarm needs a 0 to rise from
  return {
    ...createFailureCounters(metrics),
    downloads,
    seconds: metrics.histogram('zaplog_media_download_seconds'),
    downloadedBytes: metrics.counter('zaplog_media_downloaded_bytes_total'),
    reusedBytes: metrics.counter('zaplog_media_reused_bytes_total'),
    /** Counts a file as waiting from when it was recorded until the answer is called. */
    hold(file: FileInHand): () => void {
      const mark = Symbol('file')
      inHand.set(mark, file)
      return () => void inHand.delete(mark)
    },
  }
}
