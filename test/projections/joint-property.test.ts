// The property that lets partitions share a transaction: whichever of them do, the rows are the same, and each emits the same in the same order.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Codec } from '../../src/events/codec.ts'
import type { Event } from '../../src/events/event.ts'
import { type TopicName, topicOf } from '../../src/events/topics.ts'
import type { NewRecord } from '../../src/log/log.ts'
import { takeBatchSteps } from '../../src/projections/batch-steps.ts'
import type { BatchStep } from '../../src/projections/joint-steps.ts'
import type { Projection } from '../../src/projections/projection.ts'
import { openProjectionMetrics } from '../../src/projections/projection-metrics.ts'
import { readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import type { Running } from '../../src/projections/step.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { createEndpoint, endpointInput } from '../../src/webhooks/endpoints/endpoints.ts'
import { webhookStream } from '../../src/webhooks/stream/webhook-stream.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { aGroup, anEvent, somebody, somebodyElse } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never, openMemoryCodec } from '../ground/projection-dsl.ts'
import { makeCheckpoints } from '../ground/projections/make-checkpoints.ts'
import { dumpTables } from '../ground/standing-property.ts'
import { anImage, endpointDeps, failed, stored } from '../ground/webhooks/open-stream.ts'

const logger = collectLogLines()
/** One lives in each partition; all have the same chats and message ids. */
const instances = ['shop', 'store', 'kiosk']
const webhookTables = ['lanes', 'media', 'media_told', 'media_early', 'held', 'deliveries'].map(name => `webhook_${name}`)
/** What a clock or a sequence fills. */
const ignoring = [
  ...['webhook_media.read_at', 'webhook_media_early.read_at', 'webhook_media_early.early_id', 'webhook_held.held_id'],
  ...['webhook_held.held_at', 'webhook_held.due_at', 'webhook_deliveries.created_at', 'webhook_deliveries.released_at'],
]
let test: TestDatabase
let codec: Codec
beforeAll(async () => {
  test = await openTestDatabase('projection joint property')
  codec = await openMemoryCodec()
  for (const holdMedia of ['until-settled' as const, 0]) {
    const endpoint = endpointInput.parse({ url: 'https://example.com/', eventTypes: ['*'], holdMedia })
    await createEndpoint(endpointDeps(test), endpoint, never)
  }
})
afterAll(() => test.close())

const kinds = ['text', 'image', 'settled', 'lost', 'edit', 'revoke', 'reaction', 'contact'] as const
type Told = { instance: number; kind: (typeof kinds)[number]; place: number; target: number }
const conversation: fc.Arbitrary<readonly Told[]> = fc.array(
  fc.record({
    instance: fc.nat(instances.length - 1),
    kind: fc.constantFrom(...kinds),
    place: fc.nat(2),
    target: fc.nat(7),
  }),
  { minLength: 40, maxLength: 40 },
)
type Round = readonly { topic: number; size: number }[]
/** Of each partition: how many records of which topic its next batch has, 0 for none. The batches of one round share a transaction. */
const plan: fc.Arbitrary<readonly Round[]> = fc.array(
  fc.array(fc.record({ topic: fc.nat(9), size: fc.nat(3) }), { minLength: instances.length, maxLength: instances.length }),
  { minLength: 3, maxLength: 12 },
)

function eventsOf(told: readonly Told[]): readonly Event[] {
  const files = instances.map(instanceId => [anImage({ instanceId, chatId: somebodyElse.lid, chatPn: null })])
  const events: Event[] = files.flat()
  for (const [nth, { instance, kind, place, target }] of told.entries()) {
    const chat = [somebody, { lid: somebody.pn, pn: somebody.pn }, { lid: aGroup, pn: null }][place] ?? somebody
    const of = { instanceId: instances[instance] ?? '', chatId: chat.lid, chatPn: chat.pn }
    const ofInstance = files[instance] ?? []
    const event = eventOf(kind, {
      of: { ...of, messageId: `M${nth}` },
      target: `M${target}`,
      file: ofInstance[place % ofInstance.length] ?? anImage(of),
    })
    if (event.type === 'message.received' && event.media != null) ofInstance.push(event)
    events.push(event)
  }
  return events
}

function eventOf(kind: Told['kind'], { of, target, file }: { of: object; target: string; file: Event }): Event {
  switch (kind) {
    case 'text':
      return anEvent('message.received', of)
    case 'image':
      return anImage(of)
    case 'settled':
      return stored(file)
    case 'lost':
      return failed(file)
    case 'edit':
      return anEvent('message.edited', { ...of, targetMessageId: target })
    case 'revoke':
      return anEvent('message.revoked', { ...of, targetMessageId: target })
    case 'reaction':
      return anEvent('message.reacted', { ...of, targetMessageId: target })
    case 'contact':
      return anEvent('contact.updated', { ...of, contactId: somebody.lid, contactPn: somebody.pn, pushName: target })
  }
}

/** What is left of each topic of each partition, and where the projection is in it. */
function openQueues(projection: Projection, events: readonly Event[]) {
  const place = instances.map(() => ({ revision: 0n, offsets: new Map<TopicName, number>() }))
  const left = instances.map(instanceId =>
    Map.groupBy(
      events.filter(event => event.instanceId === instanceId),
      event => topicOf(event.type),
    ),
  )
  const next = (partition: number, { topic: nth, size }: Round[number]): readonly BatchStep[] => {
    const topic = projection.reads[nth % projection.reads.length] ?? 'events'
    const from = place[partition]?.offsets.get(topic) ?? 0
    const batch = left[partition]?.get(topic)?.slice(from, from + size) ?? []
    const placed = batch.map((event, index) => ({
      event,
      position: { topic: `wa.${topic}`, partition, nextOffset: BigInt(from + index + 1) },
    }))
    const advance = { topic, fromOffset: BigInt(from), nextOffset: BigInt(from + batch.length) }
    return batch.length === 0
      ? []
      : [{ partition, revisions: [0, 1].map(() => place[partition]?.revision ?? 0n), advance, leftOut: [], placed, sizeBytes: 0 }]
  }
  return {
    next,
    went: ({ partition, advance }: BatchStep, revision: bigint) => {
      const at = place[partition]
      if (at === undefined) throw new Error(`no partition ${partition}`)
      at.revision = revision
      for (const name of projection.reads) if (name === advance.topic) at.offsets.set(name, Number(advance.nextOffset))
    },
  }
}

/** Every row, and what each instance emitted, after these rounds and then whatever is left. */
async function outcomeOf(
  { projections, tables, events }: { projections: readonly Projection[]; tables: readonly string[]; events: readonly Event[] },
  rounds: readonly Round[],
  together: boolean,
) {
  /** What all of them read. */
  const [projection = readModel] = projections.toSorted((one, other) => one.reads.length - other.reads.length)
  const all = [...tables, 'projection_checkpoints', 'projection_seen', 'projection_outbox']
  await test.database.query(`truncate ${all.join(', ')} restart identity cascade`)
  for (const one of projections) await makeCheckpoints(test.database, one, instances.length)
  const emitted: NewRecord[] = []
  const deps = {
    database: test.database,
    codec,
    topic: (name: TopicName) => `wa.${name}`,
    log: {
      inside: null,
      append: async ({ records }: { records: readonly NewRecord[] }) => {
        emitted.push(...records)
        return []
      },
    },
    logger,
  }
  const running = projections.map(one => {
    return { projection: one, metrics: openProjectionMetrics(createMetrics({ processMetrics: false }), one.name) }
  })
  const queues = openQueues(projection, events)
  const take = async (steps: readonly BatchStep[], those: readonly Running[]) => {
    const taken = await takeBatchSteps(deps, those, steps, never)
    const revisions = taken.map((ofStep, index) =>
      ofStep.map(one => {
        if (one.kind !== 'applied') throw new Error(`partition ${steps[index]?.partition} was not applied`)
        return one.revision
      }),
    )
    return revisions.map(ofStep => ofStep[0] ?? -1n)
  }
  /** One transaction for all partitions and projections, or one for each of each. */
  const takeRound = async (steps: readonly BatchStep[]) => {
    const ways = together ? [steps] : steps.map(step => [step])
    for (const own of ways) {
      const taken = []
      for (const those of together ? [running] : running.map(one => [one])) taken.push(await take(own, those))
      for (const [index, step] of own.entries()) queues.went(step, taken[0]?.[index] ?? -1n)
    }
  }
  const rest = projection.reads.map((_, topic) => instances.map(() => ({ topic, size: events.length })))
  for (const round of [...rounds, ...rest]) {
    const steps = round.flatMap((one, partition) => queues.next(partition, one))
    if (steps.length > 0) await takeRound(steps)
  }
  const decoded = await Promise.all(emitted.map(record => codec.decode(record.value, never)))
  return {
    rows: await dumpTables(test.database, [...tables, 'projection_seen'], ignoring),
    emitted: Map.groupBy(decoded, event => event?.instanceId),
  }
}

it.each([
  { of: 'the read model', projections: [readModel], tables: readModelTables, runs: 15 },
  { of: 'the webhook stream', projections: [webhookStream], tables: webhookTables, runs: 15 },
  { of: 'both', projections: [readModel, webhookStream], tables: [...readModelTables, ...webhookTables], runs: 6 },
])('[D2] [D3] [E3] partitions of $of together or apart: the same rows, the same emissions in the same order', async of => {
  await fc.assert(
    fc.asyncProperty(conversation, plan, async (told, rounds) => {
      const events = eventsOf(told)
      const apart = await outcomeOf({ ...of, events }, rounds, false)
      expect(await outcomeOf({ ...of, events }, rounds, true)).toEqual(apart)
      expect(apart.rows.projection_seen).toHaveLength(of.projections.length * new Set(events.map(event => event.eventId)).size)
    }),
    { seed: 20261121, numRuns: of.runs },
  )
})
