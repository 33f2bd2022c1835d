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
import { matchEndpoint } from './match-endpoint.ts'
import { type MatchingEndpoint, readMatchingEndpoints } from './matching-endpoints.ts'
import { isGreater, isMediaEvent, type MediaEvent, outcomeOf, standingOf } from './media-outcome.ts'
import * as mediaRows from './media-rows.ts'
import { type Hold, openReleaseQueues, type Released, type ReleaseQueue } from './release-queue.ts'

export const webhookStream: Projection = {
  name: 'webhook-stream',
  version: 1,
  begins: 'where-the-version-before-ends',
  reads: ['events', 'media-stored', 'media-failed'],
  apply: async (tx, placed) => {
    // Webhooks name a message, chat or sender by the id that the API has for it.
    const events = placed.map(one => ({ event: withStorableIds(one.event), partition: one.position.partition }))
    const turns = await openTurns(
      tx,
      events.map(one => one.partition),
      events.map(one => one.event),
    )
    for (const { event, partition } of events) await take(turns.of(partition), event)
    return turns.finish()
  },
  tick: async (tx, { partition, nowAt }) => {
    const forgotten = await mediaRows.forgetOld(tx, partition)
    const turns = await openTurns(tx, [partition], forgotten)
    const turn = turns.of(partition)
    await turn.queue.releaseDue(nowAt)
    for (const event of forgotten) await takeOutcome(turn, event, null)
    return turns.finish()
  },
  due: mediaRows.duePartitions,
}

type Turn = {
  tx: Transaction
  partition: number
  endpoints: readonly MatchingEndpoint[]
  lanes: ChatLanes
  queue: ReleaseQueue
}

type Turns = { of(partition: number): Turn; finish(): Promise<readonly Emission[]> }

async function openTurns(tx: Transaction, partitions: readonly number[], events: readonly Event[]): Promise<Turns> {
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

async function take(turn: Turn, event: Event): Promise<void> {
  if (isMediaEvent(event)) return takeMediaEvent(turn, event)
  const chat = turn.lanes.chatOf(event)
  if (mediaRows.hasMedia(event)) return takeMediaMessage(turn, event, chat)
  for (const endpoint of matching(turn, event, chat)) await turn.queue.offer(deliver(event, endpoint, chat), null)
}

/** First the message, whatever came first, then the outcomes that were there before it. */
async function takeMediaMessage(turn: Turn, event: mediaRows.MediaMessageEvent, chat: Chat): Promise<void> {
  const isNew = await mediaRows.insertMessage(turn.tx, { event, partition: turn.partition, chatLane: chat.lane })
  if (!isNew) return
  for (const endpoint of matching(turn, event, chat)) {
    const hold: Hold = { mediaEventId: event.eventId, seconds: endpoint.holdMediaSeconds, holdsLane: endpoint.mediaHoldsChat }
    await turn.queue.offer({ ...deliver(event, endpoint, chat), mediaEventId: event.eventId }, hold)
  }
  for (const early of await mediaRows.takeEarly(turn.tx, event.eventId)) await takeMediaEvent(turn, early)
}

/** media.expired comes after its message in one topic; the others may come first, and then wait for it. */
async function takeMediaEvent(turn: Turn, event: MediaEvent): Promise<void> {
  const message = await mediaRows.readMessage(turn.tx, event.sourceEventId)
  if (message === null && event.type !== 'media.expired') await mediaRows.keepEarly(turn.tx, event, turn.partition)
  else await takeOutcome(turn, event, message)
}

async function takeOutcome(turn: Turn, event: MediaEvent, message: mediaRows.MediaRow | null): Promise<void> {
  const updated = message !== null && isGreater(standingOf(event), message) ? await tellUpdate(turn, event, message) : []
  const chat = message === null ? turn.lanes.chatOf(event) : turn.lanes.chatIn(message.chat_lane, event)
  for (const endpoint of matching(turn, event, chat))
    if (!updated.includes(endpoint.endpointId)) await turn.queue.offer(deliver(event, endpoint, chat), null)
}

/** Those who know the message are told what changed; those whose delivery was held for it get it now. Answers whom media.updated went to. */
async function tellUpdate(turn: Turn, event: MediaEvent, message: mediaRows.MediaRow): Promise<readonly string[]> {
  const outcome = outcomeOf(event)
  await mediaRows.writeOutcome(turn.tx, event.sourceEventId, standingOf(event), outcome)
  const told = await mediaRows.raiseTold(turn.tx, event.sourceEventId, standingOf(event))
  const live = told.filter(({ endpointId }) => turn.endpoints.some(endpoint => endpoint.endpointId === endpointId))
  const { eventId, occurredAt, recordedAt } = event
  const body = mediaUpdatedBody({ eventId, occurredAt, message: message.message, outcome })
  for (const to of live) {
    const envelope = envelopeOf({ eventId, occurredAt, recordedAt, head: eventHead(message.message) }, to)
    const shown = { body, mediaEventId: event.sourceEventId, hasThumbnail: outcome.hasThumbnail }
    await turn.queue.offer({ ...envelope, webhookType: 'media.updated', ...shown }, null)
  }
  await turn.queue.settle(event.sourceEventId, event.recordedAt)
  return live.map(one => one.endpointId)
}

const matching = (turn: Turn, event: Event, chat: Chat): readonly MatchingEndpoint[] =>
  turn.endpoints.filter(endpoint =>
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
