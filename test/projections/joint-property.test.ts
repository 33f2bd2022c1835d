// The property that lets partitions and projections share a transaction: whichever of them do, and however they part and meet again on the way,
// the rows are the same, and each emits the same in the same order.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { topicOfEvent } from '../../src/events/topics.ts'
import type { EventLog, NewRecord, Position } from '../../src/log/log.ts'
import { takeBatchSteps } from '../../src/projections/batch-steps.ts'
import type { BatchStep } from '../../src/projections/joint-steps.ts'
import { drainOutbox } from '../../src/projections/outbox.ts'
import type { Projection } from '../../src/projections/projection.ts'
import { openProjectionMetrics } from '../../src/projections/projection-metrics.ts'
import { readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { createEndpoint, endpointInput } from '../../src/webhooks/endpoints/endpoints.ts'
import { webhookStream } from '../../src/webhooks/stream/webhook-stream.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { aGroup, anEvent, somebody, somebodyElse } from '../ground/events.ts'
import { openTestLog, type TestLog } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/projection-dsl.ts'
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
let its: TestLog
beforeAll(async () => {
  test = await openTestDatabase('projection joint property')
  its = await openTestLog(test, { partitions: instances.length })
  for (const holdMedia of ['until-settled' as const, 0]) {
    const endpoint = endpointInput.parse({ url: 'https://example.com/', eventTypes: ['*'], holdMedia })
    await createEndpoint(endpointDeps(test), endpoint, never)
  }
})
afterAll(async () => {
  await its.close()
  await test.close()
})

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
/** `who`: both where they are at the same place of the topic, otherwise whoever is behind catches up; or one of them alone. */
type Turn = { topic: number; size: number; who: 'both' | 0 | 1 }
type Round = readonly Turn[]
/** Of each partition: how many records of which topic its next batch has, 0 for none. The batches of one round share a transaction. */
const plan: fc.Arbitrary<readonly Round[]> = fc.array(
  fc.array(fc.record({ topic: fc.nat(9), size: fc.nat(3), who: fc.constantFrom<Turn['who'][]>('both', 'both', 'both', 0, 1) }), {
    minLength: instances.length,
    maxLength: instances.length,
  }),
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

/** Whose step it is, as places among the projections. */
type Taking = { who: readonly number[]; step: BatchStep }

/** Where each projection is in each partition, and what is there for it. */
function openQueues(projections: readonly Projection[], events: readonly Event[]) {
  const places = projections.map(() => instances.map(() => ({ revision: 0n, offsets: new Map<string, number>() })))
  const there = instances.map(instanceId =>
    Map.groupBy(
      events.filter(event => event.instanceId === instanceId),
      event => topicOfEvent(event),
    ),
  )
  const placeOf = (one: number, partition: number) => {
    const place = places[one]?.[partition]
    if (place === undefined) throw new Error(`no partition ${partition}`)
    return place
  }
  const offsetOf = (one: number, partition: number, topic: string) => placeOf(one, partition).offsets.get(topic) ?? 0
  /** What all of them read, and then what one of them does. */
  const topicsOf = (who: readonly number[]) =>
    (projections[who[0] ?? 0]?.reads ?? []).filter(name => who.every(one => projections[one]?.reads.includes(name)))

  function next(partition: number, turn: Turn): readonly Taking[] {
    const all = turn.who === 'both' || projections.length === 1 ? [...projections.keys()] : [turn.who]
    const topics = topicsOf(all)
    const topic = topics[turn.topic % topics.length] ?? 'events'
    const offsets = all.map(one => offsetOf(one, partition, topic))
    const [from, ahead] = [Math.min(...offsets), Math.max(...offsets)]
    const end = from === ahead || turn.size === 0 ? from + turn.size : ahead
    const batch = there[partition]?.get(topic)?.slice(from, end) ?? []
    if (batch.length === 0) return []
    const who = all.filter(one => offsetOf(one, partition, topic) === from)
    const placed = batch.map((event, index) => ({
      event,
      position: { topic: `wa.${topic}`, partition, nextOffset: BigInt(from + index + 1) },
    }))
    const advance = { topic, fromOffset: BigInt(from), nextOffset: BigInt(from + batch.length) }
    const revisions = who.map(one => placeOf(one, partition).revision)
    return [{ who, step: { partition, revisions, advance, leftOut: [], placed, unplaced: new Set<string>(), sizeBytes: 0 } }]
  }
  return {
    next,
    went: (one: number, { partition, advance }: BatchStep, revision: bigint) => {
      const at = placeOf(one, partition)
      at.revision = revision
      at.offsets.set(advance.topic, Number(advance.nextOffset))
    },
  }
}

type Course = {
  projections: readonly Projection[]
  tables: readonly string[]
  events: readonly Event[]
  /** What is emitted is appended inside of the transaction. */
  inside: boolean
}

/** Every row, and what each instance emitted, after these rounds and then whatever is left; and how many steps were of both, and of one. */
async function outcomeOf({ projections, tables, events, inside }: Course, rounds: readonly Round[], together: boolean) {
  const all = [...tables, 'projection_checkpoints', 'projection_seen', 'projection_outbox']
  await test.database.query(`truncate ${all.join(', ')} restart identity cascade`)
  for (const one of projections) await makeCheckpoints(test.database, one, instances.length)
  const ends = await endsOf(its)
  const emitted: NewRecord[] = []
  const append: EventLog['append'] = async ({ records }) => {
    emitted.push(...records)
    return []
  }
  const log = { inside: inside ? its.log.inside : null, append }
  const deps = { database: test.database, codec: its.codec, topic: its.topic, log, logger }
  const running = projections.map(one => {
    return { projection: one, metrics: openProjectionMetrics(createMetrics({ processMetrics: false }), one.name) }
  })
  const queues = openQueues(projections, events)
  const take = async (who: readonly number[], steps: readonly BatchStep[]) => {
    const those = running.filter((_, one) => who.includes(one))
    const taken = await takeBatchSteps(deps, those, steps, never)
    for (const [nth, step] of steps.entries())
      for (const [at, one] of who.entries()) {
        const own = taken[nth]?.[at]
        if (own?.kind !== 'applied') throw new Error(`partition ${step.partition} was not applied`)
        if (own.owesLog) await drainOutbox(deps, { ...(projections[one] ?? readModel), partitions: [step.partition] }, never)
        queues.went(one, step, own.revision)
      }
  }
  /** One transaction for all partitions of those who go together, or one for each of each. */
  const takeRound = async (taking: readonly Taking[]) => {
    if (together)
      for (const those of Map.groupBy(taking, ({ who }) => who.join()).values())
        await take(
          those[0]?.who ?? [],
          those.map(({ step }) => step),
        )
    else
      for (const { who, step } of taking)
        for (const [at, one] of who.entries()) await take([one], [{ ...step, revisions: [step.revisions[at] ?? -1n] }])
  }
  const rest = [0, 1, 2, 3].flatMap(topic =>
    ([0, 1] as const).map(who => instances.map(() => ({ topic, size: events.length, who: projections.length === 1 ? 0 : who }))),
  )
  for (const round of [...rounds, ...rest]) await takeRound(round.flatMap((turn, partition) => queues.next(partition, turn)))
  const records = inside ? await readFrom(its, ends) : emitted
  const decoded = await Promise.all(records.map(record => its.codec.decode(record.value, never)))
  return {
    rows: await dumpTables(test.database, [...tables, 'projection_seen'], ignoring),
    emitted: Map.groupBy(decoded, event => event?.instanceId),
  }
}

const deliveries = (log: TestLog) => instances.map((_, partition) => ({ topic: log.topic('webhook-deliveries'), partition }))
async function endsOf({ log, topic }: TestLog) {
  const lags = await log.lag(
    deliveries(its).map(at => ({ ...at, nextOffset: 0n })),
    never,
  )
  return lags.map(({ partition, endOffset }) => ({ topic: topic('webhook-deliveries'), partition, nextOffset: endOffset }))
}
const readFrom = ({ log, topic }: TestLog, from: readonly Position[]) =>
  Array.fromAsync(log.read(topic('webhook-deliveries'), { from, until: 'end' }, never))

const both = [readModel, webhookStream]
const allTables = [...readModelTables, ...webhookTables]
it.each([
  { of: 'the read model', projections: [readModel], tables: readModelTables, inside: false, runs: 10 },
  { of: 'the webhook stream', projections: [webhookStream], tables: webhookTables, inside: false, runs: 10 },
  { of: 'both', projections: both, tables: allTables, inside: false, runs: 6 },
  { of: 'both with a log that appends inside', projections: both, tables: allTables, inside: true, runs: 6 },
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
