// The webhook stream: events meet endpoints, wait for their media, and leave as deliveries, one lane per endpoint, instance and chat.
// Every interleaving of the topics gives the same first deliveries in the same order per lane, but for what the clock decides;
// each event is delivered to an endpoint once. Where a media event is due as media.updated, that takes the place of the event itself.
import { readTogether, writeTogether } from '../../database/statement-parts.ts'
import type { Event } from '../../events/event.ts'
import { withStorableIds } from '../../events/storable-ids.ts'
import { isOfHistory, webhookTopics } from '../../events/topics.ts'
import type { Emission, Projection } from '../../projections/projection.ts'
import type { Chat } from './chat-lanes.ts'
import { deliver, deliverUpdate } from './deliver.ts'
import type { FileRow } from './file-row.ts'
import { addFile, raiseOutcome } from './files.ts'
import { partitionsDue } from './held.ts'
import { matchEndpoint } from './match-endpoint.ts'
import type { MatchingEndpoint } from './matching-endpoints.ts'
import { partitionsOfOldEarly, takeOldEarly } from './media-early.ts'
import { forgetOldMessages, hasMedia, type MediaMessageEvent, partitionsOfOldMessages } from './media-messages.ts'
import { isGreater, isMediaEvent, type MediaEvent, outcomeOf, standingOf } from './media-outcome.ts'
import { offer, releaseDue, releaseKnown } from './release-queue.ts'
import { keepEarly, openStreamState, readStream, type StreamState, takeEarly, writesOfStream } from './stream-state.ts'

export const webhookStream: Projection = {
  name: 'webhook-stream',
  version: 1,
  begins: 'where-the-version-before-ends',
  reads: webhookTopics,
  gather: placed => {
    // Webhooks name a message, chat or sender by the id that the API has for it.
    const asked = readStream({
      events: placed.map(one => withStorableIds(one.event)),
      partitions: placed.map(one => one.position.partition),
      duePartitions: [],
    })
    return {
      reads: asked.reads,
      decide: (found, fresh) => {
        const state = openStreamState(asked, found)
        for (const { event, traceparent } of fresh)
          if (traceparent !== undefined) state.queue.traceparents.set(event.eventId, traceparent)
        for (const { event, position } of fresh) take(state, position.partition, withStorableIds(event))
        return { writes: writesOfStream(state), afterwards: [], emissions: emissionsOf(state) }
      },
    }
  },
  tick: async (tx, { partition, nowAt }) => {
    await forgetOldMessages(tx, partition)
    const forgotten = await takeOldEarly(tx, partition)
    const asked = readStream({ events: forgotten, partitions: [partition], duePartitions: [partition] })
    const state = openStreamState(asked, await readTogether(tx, asked.reads))
    releaseDue(state.queue, nowAt)
    for (const event of forgotten) takeOutcome(state, partition, event, undefined)
    await writeTogether(tx, writesOfStream(state))
    return emissionsOf(state)
  },
  /** A hold has ended, or rows are past their time; what is held stays, however old. */
  due: async database => {
    const rows = await database.query<{ partition: number }>(
      [partitionsDue, partitionsOfOldMessages, partitionsOfOldEarly].join(' union '),
      [],
    )
    return rows.map(row => row.partition)
  },
}

const emissionsOf = ({ queue }: StreamState): readonly Emission[] =>
  queue.released.map(({ partition, delivery, wasHeld }) => ({
    partition,
    topic: 'webhook-deliveries',
    key: delivery.lane,
    event: delivery,
    wasHeld,
  }))

function take(state: StreamState, partition: number, event: Event): void {
  if (isMediaEvent(event)) takeMediaEvent(state, partition, event)
  else if (hasMedia(event)) takeMediaMessage(state, partition, event, state.lanes.chatOf(event))
  else takeOther(state, partition, event)
}

function takeOther(state: StreamState, partition: number, event: Event): void {
  const chat = state.lanes.chatOf(event)
  for (const endpoint of matching(state, event, chat)) offer(state.queue, partition, deliver(event, endpoint, chat), null)
}

/** First the message, whatever came first, then the outcomes that were there before it. One that was read before is a copy. */
function takeMediaMessage(state: StreamState, partition: number, event: MediaMessageEvent, chat: Chat): void {
  const { files, queue } = state
  if (files.rows.has(event.eventId)) return
  addFile(files, event, { partition, chatLane: chat.lane })
  for (const endpoint of matching(state, event, chat)) {
    const hold = { mediaEventId: event.eventId, seconds: endpoint.holdMediaSeconds, holdsLane: endpoint.mediaHoldsChat }
    offer(queue, partition, deliver(event, endpoint, chat), hold)
  }
  for (const early of takeEarly(state, event.eventId)) takeMediaEvent(state, partition, early)
}

/** media.expired comes after its message in one topic; the others may come first, and then wait for it. */
function takeMediaEvent(state: StreamState, partition: number, event: MediaEvent): void {
  const file = state.files.rows.get(event.sourceEventId)
  if (file === undefined && event.type !== 'media.expired') keepEarly(state, partition, event)
  else takeOutcome(state, partition, event, file)
}

function takeOutcome(state: StreamState, partition: number, event: MediaEvent, file: FileRow | undefined): void {
  const isNews = file !== undefined && isGreater(standingOf(event), file)
  const updated = isNews ? tellUpdate(state, partition, event, file) : []
  const chat = file === undefined ? state.lanes.chatOf(event) : state.lanes.chatIn(file.chat_lane, event)
  for (const endpoint of matching(state, event, chat))
    if (!updated.includes(endpoint.endpointId)) offer(state.queue, partition, deliver(event, endpoint, chat), null)
}

/** Those who know the message are told what changed; those whose delivery was held for it get it now. Answers whom media.updated went to. */
function tellUpdate(
  { endpoints, files, queue }: StreamState,
  partition: number,
  event: MediaEvent,
  file: FileRow,
): readonly string[] {
  const told = raiseOutcome(files, file, outcomeOf(event), standingOf(event))
  const live = told.filter(({ endpoint_id }) => endpoints.some(endpoint => endpoint.endpointId === endpoint_id))
  for (const { endpoint_id: endpointId, endpoint_version: version, lane } of live)
    offer(queue, partition, deliverUpdate(event, file, { endpointId, version, lane }), null)
  releaseKnown(queue, event.sourceEventId, event.recordedAt)
  return live.map(one => one.endpoint_id)
}

/** Events without an origin are of what happens, not of a state; a field that is null was written before there were origins. */
const isChange = (event: Event): boolean =>
  !isOfHistory(event) && (!('origin' in event) || event.origin == null || event.origin === 'change')

const matching = ({ endpoints }: StreamState, event: Event, chat: Chat): readonly MatchingEndpoint[] =>
  endpoints.filter(endpoint =>
    matchEndpoint(endpoint, {
      instanceId: event.instanceId,
      type: event.type,
      isChange: isChange(event),
      addresses: chat.addresses,
    }),
  )
