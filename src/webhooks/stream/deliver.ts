// An event, or what became of a file, as the delivery of one endpoint.
import type { Event } from '../../events/event.ts'
import { derivedId } from '../../events/ids.ts'
import type { Released } from '../deliveries/attempt-record.ts'
import type { Chat } from './chat-lanes.ts'
import { deliveryBody, mediaUpdatedBody } from './delivery-body.ts'
import { type EventHead, eventHead } from './event-head.ts'
import type { FileRow } from './file-row.ts'
import { linkedFileOf } from './media-messages.ts'
import { type MediaEvent, outcomeOf } from './media-outcome.ts'

type To = { endpointId: string; version: number; lane: string }

export const deliver = (event: Event, endpoint: Omit<To, 'lane'>, chat: Chat): Released => ({
  ...envelopeOf(
    { eventId: event.eventId, occurredAt: event.occurredAt, recordedAt: event.recordedAt, head: eventHead(event) },
    { ...endpoint, lane: `${endpoint.endpointId}/${event.instanceId}/${chat.lane}` },
  ),
  webhookType: event.type,
  body: deliveryBody(event),
  mediaEventId: linkedFileOf(event),
})

/** As media.updated, in place of the event. */
export function deliverUpdate(event: MediaEvent, { message }: FileRow, to: To): Released {
  const { eventId, occurredAt, recordedAt, sourceEventId: mediaEventId } = event
  const outcome = outcomeOf(event)
  const body = mediaUpdatedBody({ eventId, occurredAt, message, outcome })
  const envelope = envelopeOf({ eventId, occurredAt, recordedAt, head: eventHead(message) }, to)
  return { ...envelope, webhookType: 'media.updated', body, mediaEventId, hasThumbnail: outcome.hasThumbnail }
}

/** The envelope of a delivery is its source's, under an id of its own. */
function envelopeOf(source: { eventId: string; occurredAt: number; recordedAt: number; head: EventHead }, to: To) {
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
