// A file that is finally given up: its event, its line and its counts are the same whichever processor gave up.
import { fileKinds } from '../events/command-bodies/files.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { MediaError } from './media-error.ts'
import { aboutFile, type MediaFile } from './media-file.ts'
import type { Answer, Count } from './processor.ts'

export type FailureCounters = ReturnType<typeof createFailureCounters>

/** Instances are a label of one counter alone, and there without reasons: cardinality stays bounded. */
export function createFailureCounters(metrics: Metrics) {
  const failures = metrics.counter('zaplog_media_failures_total')
  // An alarm needs a 0 to rise from: the first file that the store refuses is one too many.
  for (const kind of fileKinds)
    for (const stage of ['download', 'store'] as const) failures.inc({ kind, stage, reason: 'storage-refused' }, 0)
  return { failures, instanceFailures: metrics.counter('zaplog_media_instance_failures_total') }
}

type Failed = {
  file: MediaFile
  stage: 'download' | 'store'
  error: MediaError
  retryable: boolean
  attempt: number
  counts?: readonly Count[]
}

export function mediaFailed(counters: FailureCounters, { file, stage, error, retryable, attempt, counts = [] }: Failed): Answer {
  const { kind } = file.fields
  const reason = error.code
  const made = { ...file.fields, stage, reason, retryable, attempts: attempt, detail: error.message, mediaSource: file.source }
  const fields = { ...aboutFile(file), stage, attempt, reason, retryable, error }
  return {
    kind: 'emit',
    events: [{ type: 'media.failed', ...made }],
    report: {
      line: { level: 'warn', event: 'media.failed', fields },
      counts: [
        ...counts,
        () => counters.failures.inc({ kind, stage, reason }),
        () => counters.instanceFailures.inc({ instance_id: file.event.instanceId, kind, stage }),
      ],
    },
  }
}
