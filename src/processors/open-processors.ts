// The media processors of one process: download and store, both reading the log in lanes, sharing one set of transfer slots.
import { Agent } from 'undici'
import type { Transaction } from '../database/database.ts'
import type { Codec } from '../events/codec.ts'
import type { TopicName } from '../events/topics.ts'
import type { Consumption, EventLog, LaneConsumer, ProgressStore } from '../log/log.ts'
import type { ObjectStore } from '../objects/objects.ts'
import type { Config } from '../runtime/config.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { Check, Role } from '../runtime/role.ts'
import { downloadMedia } from './download-media.ts'
import { createIncomingRows } from './incoming-rows.ts'
import { createMediaMetrics } from './media-metrics.ts'
import { openPictures } from './pictures.ts'
import { storeMedia } from './store-media.ts'
import { createTombstones } from './tombstones.ts'
import { createTransferSlots } from './transfer-slots.ts'

export const processorNames = ['download-media', 'store-media'] as const
export type ProcessorName = (typeof processorNames)[number]

export type ProcessorsDeps = {
  log: EventLog
  progress: ProgressStore
  codec: Codec
  objects: ObjectStore
  /** Whose table names what is under incoming/. */
  database: Transaction
  topic(name: TopicName): string
  /** The consumer group of a processor. */
  consumerGroup(name: ProcessorName): string
  config: Config['media']
  /** Loopback origin that takes the place of WhatsApp's media hosts; null: WhatsApp. */
  whatsappCdnUrl: string | null
  /** How long a dependency that is down is left alone before it is tried again [5 s]. */
  pauseMs?: number
  logger: Logger
  metrics: Metrics
  clock: () => number
  /** In [0, 1). */
  random: () => number
}

/** Progress rows of both groups must exist: see `consumerGroup` and `processorNames`, and `topicsOf`. */
export function openProcessors(deps: ProcessorsDeps): Role {
  const { config, pauseMs = 5_000 } = deps
  const openSlots = () => createTransferSlots({ max: config.maxTransfers, maxPerInstance: config.maxTransfersPerInstance })
  const slots = openSlots()
  const pictures = openPictures(config)
  const metrics = createMediaMetrics(deps.metrics, slots, deps.clock)
  const dispatcher = new Agent({
    connect: { timeout: config.connectTimeoutMs },
    connections: config.maxTransfers,
    // One file per connection: over HTTP/2 a stalled one would share its window with the others.
    allowH2: false,
  })
  const stop = new AbortController()
  const shared = {
    ...deps,
    pauseMs,
    metrics,
    incomingRows: createIncomingRows(deps.database),
    tombstones: createTombstones(deps.database),
  }
  const running = [
    run(
      'download-media',
      downloadMedia({
        ...shared,
        consumerGroup: deps.consumerGroup('download-media'),
        dispatcher,
        cdnUrl: deps.whatsappCdnUrl,
        slots,
      }),
    ),
    run('store-media', storeMedia({ ...shared, consumerGroup: deps.consumerGroup('store-media'), pictures, slots: openSlots() })),
  ]

  function run(name: ProcessorName, consumer: LaneConsumer) {
    const consumption = deps.log.consumeLanes(consumer, stop.signal)
    const state = { ended: null as string | null }
    const done = consumption.done.then(
      () => {
        state.ended = 'its intake ended'
      },
      error => {
        state.ended = String(error)
        deps.logger.error('processor.failed', { processor: name, error })
      },
    )
    return { name, consumption, state, done }
  }

  let closing: Promise<void> | null = null
  return {
    name: 'processors',
    checks: () =>
      stop.signal.aborted
        ? running.map(({ name }) => ({ name, state: 'ok', detail: 'stopping' }))
        : running.map(({ name, consumption, state }) => checkOf(name, consumption, state.ended)),
    close() {
      closing ??= (async () => {
        stop.abort()
        await Promise.all(running.map(one => one.done))
        await pictures.close()
        await dispatcher.close()
      })()
      return closing
    },
  }
}

/** Paused and halted are degraded: a restart would not mend what is outside. An end that nobody asked for is a failure. */
function checkOf(name: ProcessorName, consumption: Consumption, ended: string | null): Check {
  if (ended !== null) return { name, state: 'failed', detail: `stopped: ${ended}` }
  const stuck = consumption.status().filter(one => one.state !== 'running')
  const [first] = stuck
  if (first === undefined) return { name, state: 'ok', detail: 'running' }
  const where = `${stuck.length} partitions, first ${first.topic}/${first.partition}`
  return { name, state: 'degraded', detail: `${first.state}: ${first.reason ?? 'no reason given'} (${where})` }
}

/** What each processor reads: for the start step that makes the progress rows. */
export const topicsOf: Readonly<Record<ProcessorName, readonly TopicName[]>> = {
  'download-media': ['events', 'media-failed'],
  'store-media': ['media-downloaded'],
}
