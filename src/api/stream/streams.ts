// All readers of the stream of this process: at most so many, each with signs of life, all ended in words when the process stops.
import type { Codec } from '../../events/codec.ts'
import { createFairTurns } from '../../runtime/fair-turns.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { onAbort } from '../../runtime/or-abort.ts'
import { Problem } from '../problems.ts'
import { createDecodeForStream } from './decode-for-stream.ts'
import { type DeferredReader, openDeferredWatch } from './deferred-watch.ts'
import { readEnds } from './log-bounds.ts'
import { openSharedReading, type SharedReadingDeps } from './shared-reading.ts'
import { asksForSignal, commonTopics } from './stream-filter.ts'
import { type AskedStream, openStreamReader, type StreamReader, type StreamReaderDeps } from './stream-reader.ts'

export type StreamLimits = {
  maxReaders: number
  maxWaitingBytes: number
  maxHeldBytes: number
  heartbeatMs: number
  /** Between two looks at what commands wait for. */
  lookMs: number
}
export const streamLimits: StreamLimits = {
  maxReaders: 200,
  maxWaitingBytes: 1024 ** 2,
  maxHeldBytes: 8 * 1024 ** 2,
  heartbeatMs: 15_000,
  lookMs: 1_000,
}

export type Streams = {
  /** Throws Problem `too-many-readers`, or `stopping`. */
  open(asked: AskedStream): StreamReader
}
export type StreamsDeps = Omit<StreamReaderDeps, 'shared' | 'turns' | 'decode' | 'maxWaitingBytes' | 'maxHeldBytes'> & {
  codec: Pick<Codec, 'decode'>
  log: StreamReaderDeps['log'] & SharedReadingDeps['log']
  metrics: Metrics
  stopping: AbortSignal
}

/** Each reads a page of the log for itself. */
const MAX_CATCHING_UP = 4
/** After it a reader that waits is told why. */
const PATIENCE_MS = 1_000

export function openStreams(deps: StreamsDeps, limits: StreamLimits): Streams {
  const open = new Set<StreamReader>()
  const turns = createFairTurns({ total: MAX_CATCHING_UP, perKey: MAX_CATCHING_UP })
  const decode = createDecodeForStream(deps)
  const ofReaders = { ...deps, ...limits, decode, shared: openSharedReading({ ...deps, decode }), turns }
  const deferred = openDeferredWatch({ ...deps, lookMs: limits.lookMs })
  const ended = countReaders(deps.metrics, open)

  async function beat(readers: Iterable<StreamReader>) {
    const isLogThere = await isThere(deps)
    for (const reader of readers) reader.beat(isLogThere)
  }

  const timer = setInterval(() => void (open.size > 0 && beat(open)), limits.heartbeatMs)
  onAbort(deps.stopping, () => {
    clearInterval(timer)
    for (const reader of open) reader.end('stopping')
  })

  return {
    open: asked => {
      if (deps.stopping.aborted) throw new Problem('stopping', 'following events: this process is stopping')
      if (open.size >= limits.maxReaders)
        throw new Problem(
          'too-many-readers',
          `following events: ${limits.maxReaders} do, which is as many as this process serves`,
        )
      const reader = openStreamReader(ofReaders, asked)
      const waiting = setTimeout(() => void beat([reader]), PATIENCE_MS)
      open.add(reader)
      const follower = followerOf(asked, reader)
      if (follower !== null) deferred.join(follower)
      void reader.ended.then(reason => {
        if (follower !== null) deferred.leave(follower)
        clearTimeout(waiting)
        open.delete(reader)
        ended.inc({ reason })
      })
      return reader
    },
  }
}

/** null: it does not follow what commands wait for. */
function followerOf({ filter, visible }: AskedStream, { say }: StreamReader): DeferredReader | null {
  const type = 'command.deferred'
  if (!asksForSignal(filter, type)) return null
  const { instanceIds, chatId } = filter
  const isAskedFor: DeferredReader['isAskedFor'] = one =>
    visible({ instanceId: one.instanceId, type }) && (instanceIds === null || instanceIds.includes(one.instanceId))
  return { instanceIds, chatId, isAskedFor, say }
}

/** Whether the log answers, within a second. */
async function isThere(deps: StreamsDeps): Promise<boolean> {
  const [topic] = commonTopics
  if (topic === undefined) return true
  return readEnds({ ...deps, partitions: 1 }, topic, AbortSignal.timeout(PATIENCE_MS)).then(
    () => true,
    () => false,
  )
}

function countReaders(metrics: Metrics, open: ReadonlySet<StreamReader>) {
  metrics.gauge('zaplog_stream_readers', gauge => gauge.set(open.size))
  return metrics.counter('zaplog_stream_ended_total')
}
