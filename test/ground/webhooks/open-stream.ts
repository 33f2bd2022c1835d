// The webhook stream on a test database without a log: batches go in as the runner would hand them over, deliveries come out.
import type { Event, EventOf } from '../../../src/events/event.ts'
import { topicOfEvent } from '../../../src/events/topics.ts'
import { createSealer } from '../../../src/runtime/seal.ts'
import {
  createEndpoint,
  type EndpointDeps,
  type EndpointInput,
  endpointInput,
} from '../../../src/webhooks/endpoints/endpoints.ts'
import { webhookStream } from '../../../src/webhooks/stream/webhook-stream.ts'
import { openTestDatabase, type TestDatabase } from '../database.ts'
import { anEvent } from '../events.ts'
import { applyTo } from '../projections/apply-to.ts'

export const never = new AbortController().signal
export const testSealer = createSealer({ current: Buffer.alloc(32, 7), previous: null })

export type Released = EventOf<'delivery.released'>
/** A delivery in the words of a test: what a client would see of it, and where it goes. */
export type Seen = {
  lane: string
  id: string
  type: string
  sequence: number
  status: string | null
  data: Record<string, unknown>
}

/** `given`: a database that is there already. */
export async function openStream(name: string, given?: TestDatabase) {
  const test = given ?? (await openTestDatabase(name))
  const deps = endpointDeps(test)
  const released: Released[] = []

  const keep = (emissions: readonly { event: Event }[]) => {
    const events = emissions.map(one => one.event).filter(event => event.type === 'delivery.released')
    released.push(...events)
    return events.map(seen)
  }
  return {
    ...test,
    deps,
    released,
    /** As if nothing had ever come in, and nobody listened. */
    clear: async () => {
      released.length = 0
      await test.database.query('delete from webhook_media')
      await test.database.query(
        'truncate webhook_endpoints, webhook_endpoint_versions, webhook_secrets, webhook_lanes, webhook_held, webhook_media_early, webhook_deliveries cascade',
      )
    },
    /** Every delivery so far. */
    all: () => released.map(seen),
    endpoint: async (given: Partial<EndpointInput> = {}) => {
      const input = endpointInput.parse({ url: 'https://example.com/', ...given })
      const created = await createEndpoint(deps, input, never)
      if (!created.ok) throw new Error(JSON.stringify(created.issues))
      return created.endpoint
    },
    /** One batch of one topic, as the runner hands it over; answers what it released. */
    feed: async (...events: readonly Event[]) => {
      const placed = events.map((event, index) => ({
        event,
        position: { topic: topicOfEvent(event), partition: 0, nextOffset: BigInt(index + 1) },
      }))
      return keep(await test.database.transact(tx => applyTo(tx, webhookStream, placed), never))
    },
    tick: async () => {
      const due = await webhookStream.due?.(test.database, Date.now())
      if (due?.includes(0) !== true) return []
      const emissions = await test.database.transact(
        async tx => (await webhookStream.tick?.(tx, { partition: 0, nowAt: Date.now() })) ?? [],
        never,
      )
      return keep(emissions)
    },
    /** As if every hold had begun so long ago. */
    age: (seconds: number) =>
      test.database.query(
        `update webhook_held set due_at = due_at - $1 * interval '1 second', held_at = held_at - $1 * interval '1 second'`,
        [seconds],
      ),
  }
}

export const endpointDeps = ({ database }: Pick<TestDatabase, 'database'>): EndpointDeps => ({
  database,
  sealer: testSealer,
  config: { allowLoopback: true, allowCidrs: [], holdMediaMs: 20_000 },
})

export function seen(event: Released): Seen {
  const { type, data }: { type: string; data: Record<string, unknown> & { media?: { status: string } } } = JSON.parse(event.body)
  return {
    lane: event.lane.slice(event.lane.indexOf('/') + 1),
    id: event.deliveryId.slice(0, 32),
    type,
    sequence: event.sequence,
    status: data.media?.status ?? null,
    data,
  }
}

export const media = { mimetype: 'image/jpeg', sizeBytes: 1234, sha256: 'announced' }
export const anImage = (given: Partial<EventOf<'message.received'>> = {}) =>
  anEvent('message.received', { kind: 'image', text: null, media, ...given })
const about = (message: Event) => {
  const { chatId, chatPn, senderId, senderPn, messageId, fromMe, epoch, sequence, instanceId } = message
  return { chatId, chatPn, senderId, senderPn, messageId, fromMe, epoch, sequence, instanceId, sourceEventId: message.eventId }
}
let mediaEvents = 0
const mediaEventId = () => (++mediaEvents).toString(16).padStart(32, 'a')
export const stored = (message: Event, given: Partial<EventOf<'media.stored'>> = {}) =>
  anEvent('media.stored', { ...about(message), eventId: mediaEventId(), ...given } as Partial<EventOf<'media.stored'>>)
export const failed = (message: Event, given: Partial<EventOf<'media.failed'>> = {}) =>
  anEvent('media.failed', { ...about(message), eventId: mediaEventId(), ...given } as Partial<EventOf<'media.failed'>>)
export const expired = (message: Event, given: Partial<EventOf<'media.expired'>> = {}) =>
  anEvent('media.expired', { ...about(message), eventId: mediaEventId(), ...given } as Partial<EventOf<'media.expired'>>)
