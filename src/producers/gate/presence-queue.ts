// The way of one instance's presence into its topic, for one epoch: at best effort. Nothing waits for it, and of what cannot be appended at once
// little is kept; its own sequence has a gap for each that is lost then, and the sequence of all other events has none.

import type { OfferOf } from '../../convert/draft.ts'
import type { Codec, EncodedEvent } from '../../events/codec.ts'
import type { EventOf } from '../../events/event.ts'
import { stateId } from '../../events/ids.ts'
import type { EventLog } from '../../log/log.ts'
import { coalesce } from '../../runtime/coalesce.ts'
import { describeError, type Logger } from '../../runtime/logger.ts'
import { createLoopSlices } from '../../runtime/loop-slices.ts'
import type { ProducerMetrics } from '../producer-metrics.ts'

type Presence = OfferOf<'presence.updated'>
export type PresenceQueue = { add(offer: Presence): void }
type Deps = {
  log: EventLog
  codec: Codec
  presenceTopic: string
  instanceId: string
  epoch: number
  complete(offer: Presence): Promise<Presence>
  clock: () => number
  logger: Logger
  metrics: Pick<ProducerMetrics, 'appended' | 'presenceLost'>
}

/** Of what waits for an append: older than that it tells nobody anything. */
const maxWaiting = 200

/** Of all accounts of the process: a burst of presence holds its loop no longer than one does. */
const nextEncoding = createLoopSlices()

export function openPresenceQueue(deps: Deps, signal: AbortSignal): PresenceQueue {
  const { instanceId, epoch, metrics, logger } = deps
  let sequence = 0
  let waiting = 0

  const appendTogether = coalesce(async (offers: readonly Presence[]) => {
    const records: EncodedEvent[] = []
    for (const offer of offers) {
      await nextEncoding()
      records.push(...(await encode(offer)))
    }
    if (records.length > 0) await deps.log.append({ topic: deps.presenceTopic, records }, signal)
    metrics.appended.inc({ type: 'presence.updated' }, records.length)
    return offers
  }, maxWaiting)

  /** One that cannot be encoded takes none of the others with it. */
  async function encode(offer: Presence): Promise<readonly EncodedEvent[]> {
    try {
      return [deps.codec.encode(place(await deps.complete(offer)))]
    } catch (error) {
      metrics.presenceLost.inc()
      if (!signal.aborted) logger.warn('presence.not-encoded', { instanceId, error: describeError(error) })
      return []
    }
  }

  function place(offer: Presence): EventOf<'presence.updated'> {
    sequence += 1
    const eventId = stateId({ instanceId, type: offer.type, epoch, sequence })
    return { ...offer, eventId, epoch, sequence, recordedAt: deps.clock() }
  }

  async function append(offer: Presence): Promise<void> {
    waiting += 1
    try {
      await appendTogether(offer)
    } catch (error) {
      metrics.presenceLost.inc()
      if (!signal.aborted) logger.debug('presence.lost', { instanceId, error: describeError(error) })
    }
    waiting -= 1
  }

  return {
    add: offer => {
      if (signal.aborted || waiting >= maxWaiting) metrics.presenceLost.inc()
      else void append(offer)
    },
  }
}
