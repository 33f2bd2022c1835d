// The webhook stream: events meet endpoints, wait for their media, and leave as deliveries, one lane per endpoint, instance and chat.
// Every interleaving of the topics gives the same first deliveries in the same order per lane, but for what the clock decides;
// each event is delivered to an endpoint once. Where a media event is due as media.updated, that takes the place of the event itself.
import type { Transaction } from '../../database/database.ts'
import type { Event } from '../../events/event.ts'
import { derivedId } from '../../events/ids.ts'
import { withStorableIds } from '../../events/storable-ids.ts'
import type { Emission, Projection } from '../../projections/projection.ts'
import { type Chat, type ChatLanes, openChatLanes } from './chat-lanes.ts'
import { deliveryBody, mediaUpdatedBody } from './delivery-body.ts'
import { type EventHead, eventHead } from './event-head.ts'
import { partitionsDue } from './held.ts'
import { matchEndpoint } from './match-endpoint.ts'
import { type MatchingEndpoint, readMatchingEndpoints } from './matching-endpoints.ts'
import { keepEarly, partitionsOfOldEarly, takeEarly, takeOldEarly } from './media-early.ts'
import {
  forgetOldMessages,
  hasMedia,
  insertMessage,
  type MediaMessageEvent,
  type MediaRow,
  partitionsOfOldMessages,
  readMessage,
  writeOutcome,
} from './media-messages.ts'
import { isGreater, isMediaEvent, type MediaEvent, outcomeOf, standingOf } from './media-outcome.ts'
import { raiseTold } from './media-told.ts'
import { type Hold, openReleaseQueues, type Released, type ReleaseQueue } from './release-queue.ts'

export const webhookStream: Projection = {
  name: 'webhook-stream',
  version: 1,
  begins: 'where-the-version-before-ends',
  reads: ['events', 'media-stored', 'media-failed'],
  apply: async (tx, placed) => {
    // Webhooks name a message, chat or sender by the id that the API has for it.
    const events = placed.map(one => ({ event: withStorableIds(one.event), partition: one.position.partition }))
    const shares = await openShares(
      tx,
      events.map(one => one.partition),
      events.map(one => one.event),
    )
    for (const { event, partition } of events) await take(shares.of(partition), event)
    return shares.finish()
  },
  tick: async (tx, { partition, nowAt }) => {
    await forgetOldMessages(tx, partition)
    const forgotten = await takeOldEarly(tx, partition)
    const shares = await openShares(tx, [partition], forgotten)
    const share = shares.of(partition)
    await share.queue.releaseDue(nowAt)
    for (const event of forgotten) await takeOutcome(share, event, null)
    return shares.finish()
  },
  /** A hold has ended, or rows are past their time; what is held stays, however old. */
  due: async database => {
    const rows = await database.query<{ partition: number }>(
      [partitionsDue, partitionsOfOldMessages, partitionsOfOldEarly].join(' union '),
    )
    return rows.map(row => row.partition)
  },
}

/** A partition's part of a batch. */
type Share = {
  tx: Transaction
  partition: number
  endpoints: readonly MatchingEndpoint[]
  lanes: ChatLanes
  queue: ReleaseQueue
}

type Shares = { of(partition: number): Share; finish(): Promise<readonly Emission[]> }

async function openShares(tx: Transaction, partitions: readonly number[], events: readonly Event[]): Promise<Shares> {
  const endpoints = await readMatchingEndpoints(tx)
  const lanes = await openChatLanes(tx, events)
  const queues = await openReleaseQueues(tx, partitions)
  return {
    of: partition => ({ tx, partition, endpoints, lanes, queue: queues.of(partition) }),
    finish: async () => {
      await lanes.save()
      const released = await queues.finish()
      return released.map(({ partition, delivery }) => ({
        partition,
        topic: 'webhook-deliveries',
        key: delivery.lane,
        event: delivery,
      }))
    },
  }
}

async function take(share: Share, event: Event): Promise<void> {
  if (isMediaEvent(event)) return takeMediaEvent(share, event)
  const chat = share.lanes.chatOf(event)
  if (hasMedia(event)) return takeMediaMessage(share, event, chat)
  for (const endpoint of matching(share, event, chat)) await share.queue.offer(deliver(event, endpoint, chat), null)
}

/** First the message, whatever came first, then the outcomes that were there before it. */
async function takeMediaMessage(share: Share, event: MediaMessageEvent, chat: Chat): Promise<void> {
  const isNew = await insertMessage(share.tx, { event, partition: share.partition, chatLane: chat.lane })
  if (!isNew) return
  for (const endpoint of matching(share, event, chat)) {
    const hold: Hold = { mediaEventId: event.eventId, seconds: endpoint.holdMediaSeconds, holdsLane: endpoint.mediaHoldsChat }
    await share.queue.offer({ ...deliver(event, endpoint, chat), mediaEventId: event.eventId }, hold)
  }
  for (const early of await takeEarly(share.tx, event.eventId)) await takeMediaEvent(share, early)
}

/** media.expired comes after its message in one topic; the others may come first, and then wait for it. */
async function takeMediaEvent(share: Share, event: MediaEvent): Promise<void> {
  const message = await readMessage(share.tx, event.sourceEventId)
  if (message === null && event.type !== 'media.expired') await keepEarly(share.tx, event, share.partition)
  else await takeOutcome(share, event, message)
}

async function takeOutcome(share: Share, event: MediaEvent, message: MediaRow | null): Promise<void> {
  const updated = message !== null && isGreater(standingOf(event), message) ? await tellUpdate(share, event, message) : []
  const chat = message === null ? share.lanes.chatOf(event) : share.lanes.chatIn(message.chat_lane, event)
  for (const endpoint of matching(share, event, chat))
    if (!updated.includes(endpoint.endpointId)) await share.queue.offer(deliver(event, endpoint, chat), null)
}

/** Those who know the message are told what changed; those whose delivery was held for it get it now. Answers whom media.updated went to. */
async function tellUpdate(share: Share, event: MediaEvent, message: MediaRow): Promise<readonly string[]> {
  const outcome = outcomeOf(event)
  await writeOutcome(share.tx, event.sourceEventId, standingOf(event), outcome)
  const told = await raiseTold(share.tx, event.sourceEventId, standingOf(event))
  const live = told.filter(({ endpointId }) => share.endpoints.some(endpoint => endpoint.endpointId === endpointId))
  const { eventId, occurredAt, recordedAt } = event
  const body = mediaUpdatedBody({ eventId, occurredAt, message: message.message, outcome })
  for (const to of live) {
    const envelope = envelopeOf({ eventId, occurredAt, recordedAt, head: eventHead(message.message) }, to)
    const shown = { body, mediaEventId: event.sourceEventId, hasThumbnail: outcome.hasThumbnail }
    await share.queue.offer({ ...envelope, webhookType: 'media.updated', ...shown }, null)
  }
  await share.queue.releaseKnown(event.sourceEventId, event.recordedAt)
  return live.map(one => one.endpointId)
}

const matching = (share: Share, event: Event, chat: Chat): readonly MatchingEndpoint[] =>
  share.endpoints.filter(endpoint =>
    matchEndpoint(endpoint, { instanceId: event.instanceId, type: event.type, addresses: chat.addresses }),
  )

const deliver = (event: Event, endpoint: MatchingEndpoint, chat: Chat): Released => ({
  ...envelopeOf(
    { eventId: event.eventId, occurredAt: event.occurredAt, recordedAt: event.recordedAt, head: eventHead(event) },
    { ...endpoint, lane: `${endpoint.endpointId}/${event.instanceId}/${chat.lane}` },
  ),
  webhookType: event.type,
  body: deliveryBody(event),
})

/** The envelope of a delivery is its source's, under an id of its own. */
function envelopeOf(
  source: { eventId: string; occurredAt: number; recordedAt: number; head: EventHead },
  to: { endpointId: string; version: number; lane: string },
) {
  const by = `webhook-stream/${to.endpointId}`
  return {
    type: 'delivery.released' as const,
    ...source.head,
    eventId: derivedId({ sourceId: source.eventId, by, type: 'delivery.released', round: 1, ordinal: 0 }),
    occurredAt: source.occurredAt,
    recordedAt: source.recordedAt,
    deliveryId: `${source.eventId}_${to.endpointId}`,
    endpointId: to.endpointId,
    endpointVersion: to.version,
    lane: to.lane,
    mediaEventId: null,
    hasThumbnail: false,
  }
}
