// Fills what is rebuilt from the log, as far as the projection that is read has come and never further: steps of its own, each exactly once in
// effect, which emit nothing and are counted nowhere but here. Where it is is in its checkpoints, so that it goes on after any death.
import { type Database, DatabaseError } from '../../database/database.ts'
import type { Codec } from '../../events/codec.ts'
import type { TopicName } from '../../events/topics.ts'
import type { Batch, EventLog, LogRecord, Position } from '../../log/log.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Pace } from '../../runtime/pace.ts'
import { wait } from '../../runtime/wait.ts'
import { type Checkpoint, readCheckpoints, takeCheckpoints } from '../checkpoints.ts'
import { createFellows } from '../fellows.ts'
import { type OwnedPartition, openPartition } from '../partition.ts'
import type { ProjectionMetrics } from '../projection-metrics.ts'
import { listQuarantined } from '../quarantine.ts'
import type { Pair } from './twin-tables.ts'

export type FillDeps = {
  /** Connections of its own: it goes on while steps of what is read wait for it. */
  database: Database
  log: Pick<EventLog, 'append' | 'inside' | 'read' | 'lag'>
  codec: Codec
  topic(name: TopicName): string
  partitions: number
  logger: Logger
  pace: Pace
  /** How many records a step may have now. */
  stepRecords(): number
  counted(records: number): void
}
export type Fill = {
  /** Up to these places, or where what is read is now. Rejects Halted where a record stands in its way, and what its parts reject. */
  advance(goals: readonly Goal[] | null, how: { paced: boolean }, signal: AbortSignal): Promise<void>
  /** Records that it is behind what is read. */
  behind(): Promise<number>
  /** Its partitions, for what else is a step of theirs. */
  own: readonly OwnedPartition[]
  /** Keys that it leaves out. */
  leftOut(): Promise<number>
  /** Why it waits; null: it does not. */
  waitsFor(): string | null
}
type Goal = Omit<Checkpoint, 'revision'>

/** No waiting mends it. */
export class Halted extends Error {
  override name = 'Halted'
}

const MAX_BYTES = 8 * 1024 * 1024
const AT_ONCE = 4

/** Takes its checkpoints over: whoever filled it before finds them moved, and does nothing more. For as long as the signal lasts. */
export async function openFill(given: FillDeps, { live, beside }: Pair, signal: AbortSignal): Promise<Fill> {
  const { database, isFull } = watchFull(given.database)
  const deps = { ...given, database }
  const numbers = Array.from({ length: deps.partitions }, (_, partition) => partition)
  const fellows = createFellows({ ...deps, hasOwnPace: true })
  const opened = numbers.map(partition =>
    openPartition({ ...deps, fellows }, { projection: beside, metrics: uncounted }, partition),
  )
  let waitsFor: string | null = null
  for (const checkpoint of await takeCheckpoints(database, beside, numbers, signal))
    await opened[checkpoint.partition]?.take(checkpoint, signal)

  async function handle(one: OwnedPartition, batch: Batch, stopped: AbortSignal): Promise<'applied' | 'moved'> {
    for (;;) {
      const outcome = await one.handle(batch, stopped)
      if (outcome.kind === 'applied' || outcome.kind === 'moved') {
        waitsFor = null
        if (outcome.kind === 'applied') deps.counted(batch.records.length)
        return outcome.kind
      }
      if (outcome.kind === 'halt') throw new Halted(outcome.reason)
      if (isFull()) throw new Halted(`the disk of Postgres is full: ${outcome.reason}`)
      waitsFor = outcome.reason
      await wait(outcome.delayMs, stopped)
      stopped.throwIfAborted()
    }
  }

  /** [where it is, until) of a topic of a partition. */
  async function fillTopic(one: OwnedPartition, of: { name: string; until: bigint; paced: boolean }, stopped: AbortSignal) {
    const at = { topic: deps.topic(of.name as TopicName), partition: one.partition }
    for await (const batch of batchesOf(deps, { at, from: one.offsets().get(of.name) ?? 0n, until: of.until }, stopped)) {
      if (of.paced) await deps.pace.take(batch.records.length, stopped)
      if ((await handle(one, batch, stopped)) === 'moved') return
    }
  }

  return {
    own: opened,
    advance: async (goals, { paced }, stopped) => {
      waitsFor = null
      const waiting = (goals ?? (await readCheckpoints(database, live))).flatMap(({ partition, offsets }) => {
        const one = opened[partition]
        const behind = [...offsets].filter(([name, until]) => (one?.offsets().get(name) ?? 0n) < until)
        return one === undefined || behind.length === 0 ? [] : [{ one, behind }]
      })
      const work = async () => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
          for (const [name, until] of next.behind) await fillTopic(next.one, { name, until, paced }, stopped)
      }
      await Promise.all(Array.from({ length: AT_ONCE }, work))
    },
    behind: async () => {
      const goals = await readCheckpoints(database, live)
      return goals.reduce((sum, { partition, offsets }) => {
        const own = opened[partition]?.offsets()
        return [...offsets].reduce((of, [name, until]) => of + Math.max(0, Number(until - (own?.get(name) ?? 0n))), sum)
      }, 0)
    },
    leftOut: async () => (await listQuarantined(database, beside, numbers)).length,
    waitsFor: () => waitsFor,
  }
}

type Range = { at: Omit<Position, 'nextOffset'>; from: bigint; until: bigint }

/** From where the log begins by now, where it has forgotten what was before. The last one ends where the range does. */
async function* batchesOf(deps: FillDeps, { at, from, until }: Range, signal: AbortSignal): AsyncIterable<Batch> {
  if (from >= until) return
  const [has] = await deps.log.lag([{ ...at, nextOffset: from }], signal)
  const first = has !== undefined && has.firstOffset > from ? has.firstOffset : from
  let begun = from
  let records: LogRecord[] = []
  let bytes = 0
  if (first < until)
    for await (const record of deps.log.read(
      at.topic,
      { from: [{ ...at, nextOffset: first }], until: [{ ...at, nextOffset: until }] },
      signal,
    )) {
      records.push(record)
      bytes += record.value?.length ?? 0
      if (records.length < deps.stepRecords() && bytes < MAX_BYTES) continue
      yield { ...at, fromOffset: begun, nextOffset: record.offset + 1n, records }
      begun = record.offset + 1n
      records = []
      bytes = 0
    }
  signal.throwIfAborted()
  if (begun < until) yield { ...at, fromOffset: begun, nextOffset: until, records }
}

/** What is filled beside has to go before what is read has to stop. */
function watchFull(database: Database): { database: Database; isFull(): boolean } {
  let full = false
  const transact: Database['transact'] = async (work, signal) =>
    database.transact(work, signal).catch(error => {
      full ||= error instanceof DatabaseError && error.code === 'disk-full'
      throw error
    })
  return { database: { ...database, transact }, isFull: () => full }
}

const nothing = () => undefined
const uncounted: ProjectionMetrics = {
  applied: nothing,
  projected: nothing,
  passedOver: nothing,
  batchSeconds: nothing,
  quarantinedKeys: nothing,
  lag: nothing,
}
