// The property that every projection has: replay from 0 = incremental = the log appended again after itself
// = copies at random later places with another epoch and sequence = topics interleaved anyhow.
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Database } from '../../src/database/database.ts'
import type { Event } from '../../src/events/event.ts'
import { type TopicName, topicOfEvent } from '../../src/events/topics.ts'
import type { Projection } from '../../src/projections/projection.ts'
import { aCopyOf } from './events.ts'
import type { ProjectionDsl, ProjectionWorld } from './projection-dsl.ts'

type Options = {
  tables: readonly string[]
  /** Columns that a clock or a sequence of the database fills, as table.column. */
  ignoring?: readonly string[]
  runs?: number
}
/** Copy `of` an event, put `later` places after it, at least one. */
type Copy = { of: number; later: number; epoch: number }
type Plan = { copies: readonly Copy[]; again: boolean; steps: readonly { topic: number; size: number }[] }
export type Dump = Readonly<Record<string, readonly unknown[]>>

const SEED = 20260105

/** `events` in the order in which they were appended; per topic that order is kept in every variation. */
export async function standingProperty(
  dsl: ProjectionDsl,
  projection: Projection,
  events: readonly Event[],
  options: Options,
): Promise<void> {
  const replayed = await dumpAfter(dsl, events, world => world.projectAll(), options)
  await fc.assert(
    fc.asyncProperty(planFor(projection, events), async plan => {
      const log = plan.again ? [...events, ...events] : events
      const varied = await dumpAfter(
        dsl,
        withCopies(log, plan.copies),
        world => projectBy(projection, world, plan.steps),
        options,
      )
      expect(varied).toEqual(replayed)
    }),
    { seed: SEED, numRuns: options.runs ?? 20 },
  )
}

const planFor = (projection: Projection, events: readonly Event[]): fc.Arbitrary<Plan> =>
  fc.record({
    copies: fc.array(
      fc.record({
        of: fc.nat(events.length - 1),
        later: fc.integer({ min: 1, max: events.length }),
        epoch: fc.integer({ min: 2, max: 9 }),
      }),
      { maxLength: 10 },
    ),
    again: fc.boolean(),
    steps: fc.array(fc.record({ topic: fc.nat(projection.reads.length - 1), size: fc.integer({ min: 1, max: 7 }) }), {
      minLength: 5,
      maxLength: 60,
    }),
  })

function withCopies(events: readonly Event[], copies: readonly Copy[]): readonly Event[] {
  const log = [...events]
  for (const { of, later, epoch } of copies) {
    const original = events[of]
    if (original !== undefined) log.splice(log.indexOf(original) + 1 + later, 0, aCopyOf(original, epoch))
  }
  return log
}

/** Batches of these sizes from these topics, and then whatever is left. */
async function projectBy(projection: Projection, world: ProjectionWorld, steps: Plan['steps']): Promise<void> {
  for (const { topic, size } of steps) await world.projectBatch(projection.reads[topic] ?? 'events', size)
  await world.projectAll()
}

async function dumpAfter(
  dsl: ProjectionDsl,
  events: readonly Event[],
  project: (world: ProjectionWorld) => Promise<void>,
  options: Options,
): Promise<Dump> {
  const world = await dsl.freshWorld()
  await world.append(events)
  await project(world)
  return dumpTables(dsl.test.database, options.tables, options.ignoring)
}

/** Every row of every table, in an order of its own. */
export async function dumpTables(database: Database, tables: readonly string[], ignoring: readonly string[] = []): Promise<Dump> {
  const dump: Record<string, readonly unknown[]> = {}
  for (const table of tables) {
    const ignored = ignoring.filter(one => one.startsWith(`${table}.`)).map(one => one.slice(table.length + 1))
    const rows = await database.query<{ row: unknown }>(
      `select to_jsonb(t) - $1::text[] as row from ${table} t order by (to_jsonb(t) - $1::text[])::text`,
      [ignored],
    )
    dump[table] = rows.map(one => one.row)
  }
  return dump
}

/** How many events go to each topic: a property over one topic proves nothing about interleaving. */
export const countByTopic = (events: readonly Event[]): Readonly<Partial<Record<TopicName, number>>> =>
  Object.fromEntries(
    Object.entries(Object.groupBy(events, event => topicOfEvent(event))).map(([topic, of]) => [topic, of?.length ?? 0]),
  )
