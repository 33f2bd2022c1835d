// Records of zaplog's own topics: what webhooks are to be sent, and what came of each attempt.
import { type EventShape, field, optional } from '../schema-fields.ts'

const deliveryId = field('string', '{eventId}_{endpointId}: the webhook-id.')
const endpointId = field('string', 'The endpoint that it is for.')

export const deliveryEvents: readonly EventShape[] = [
  {
    type: 'delivery.released',
    doc: 'A webhook delivery whose turn in its lane has come.',
    when: 'An event matched an endpoint and nothing before it in its lane waits for a file any more, nor does it itself.',
    again: 'A copy under the same eventId where its append is repeated; the bridge knows it by its row.',
    not: 'Tests of an endpoint; events that no endpoint asks for.',
    internal: true,
    fields: {
      deliveryId,
      endpointId,
      endpointVersion: field('int', 'Of the endpoint’s settings: those that matched.'),
      lane: field('string', '{endpointId}/{instanceId}/{chat}. Deliveries of one lane go out one at a time.'),
      webhookType: field('string', 'Event type as the client sees it.'),
      body: field('string', 'JSON as sent, less the media links.'),
      mediaEventId: optional('string', 'The message event whose file the body links to; null: it links to none.'),
      hasThumbnail: field('boolean', 'Whether that file has a thumbnail.'),
    },
  },
  {
    type: 'delivery.attempted',
    doc: 'One attempt to hand a delivery to its endpoint.',
    when: 'The receiver answered, or it is certain that it does not.',
    again: 'Once for each attempt; a copy under the same eventId where its append is repeated.',
    not: 'Deliveries that were dropped without an attempt, and tests of an endpoint.',
    internal: true,
    fields: {
      deliveryId,
      endpointId,
      attempt: field('int', 'Number of the attempt, from 1.'),
      outcome: field('string', 'delivered, retrying, waiting, discarded, dead.'),
      statusCode: optional('int', 'HTTP status of the answer; null: there was none.'),
      error: optional('string', 'Why there was no answer, for people; null: there was one.'),
      durationMs: field('long', 'Milliseconds from the request to its answer or failure.'),
      retryInMs: optional('long', 'Milliseconds until the next attempt; null: none is planned.'),
      response: optional('string', 'How the answer’s body begins, at most 4 KiB; null: there was none.'),
    },
  },
]
