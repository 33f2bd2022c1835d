// The log moves from Postgres into Kafka: every record to the topic, the partition and the offset that it had, so that each position that is
// kept anywhere means the same record there. It is copied, read back whole and compared, and only then the database belongs to the log in Kafka.
// Killed anywhere it is called again: what is there is looked at, and nothing is appended twice.
import type { Database } from '../../database/database.ts'
import type { KafkaCopy } from '../../log/kafka/kafka-copy.ts'
import type { EventLog } from '../../log/log.ts'
import { beginMove, type Move, readMove } from '../../log/postgres/move-out.ts'
import type { BulkRead } from '../../log/postgres/read-in-bulk.ts'
import type { AvroSchema, SchemaRegistry } from '../../registry/registry.ts'
import { copyAll } from './copy-all.ts'
import { MoveRefused } from './move-refused.ts'
import { type Plan, planMove, type Settings } from './plan.ts'
import { idsElsewhere } from './registered.ts'
import { switchOver } from './switch-over.ts'
import { verifyAll } from './verify-all.ts'

export type Moving = {
  database: Database
  /** The log as it is in Postgres. */
  log: Pick<EventLog, 'read' | 'positionsAt'>
  /** All of a stretch of it. */
  read: BulkRead
  copy: KafkaCopy
  /** Kafka's. */
  registry: SchemaRegistry
  /** In words, what keeps a schema out of Kafka's registry; nothing is registered. */
  judgeSchemas(schemas: readonly AvroSchema[], signal: AbortSignal): Promise<readonly string[]>
  clock(): number
  /** Rejects MoveRefused where a zaplog works with the database by now. */
  requireAlone(signal: AbortSignal): Promise<void>
}
/** How far it is: records of the step that it is at. */
export type Progress = { step: 'copy' | 'verify'; done: number; of: number; bytes: number }
export type Told = {
  planned(plan: Plan): void
  progressed(progress: Progress): void
  /** A part is away; it goes on by itself. */
  waiting(why: string): void
}
/** `expired`: Kafka had deleted them by then because they were older than their topic keeps records. */
export type Moved = { clusterId: string; verified: number; expired: number; renumberedSchemas: number }
export type Outcome = { kind: 'planned'; plan: Plan } | { kind: 'moved-before'; move: Move } | { kind: 'moved'; moved: Moved }

/** Rejects MoveRefused, and what the ports reject. */
export async function moveLog(
  moving: Moving,
  { settings, dryRun, told }: { settings: Settings; dryRun: boolean; told: Told },
  signal: AbortSignal,
): Promise<Outcome> {
  for (;;) {
    const plan = await planMove(moving, settings, signal)
    if (plan.movedBefore !== null) return { kind: 'moved-before', move: plan.movedBefore }
    told.planned(plan)
    if (dryRun) return { kind: 'planned', plan }
    if (plan.problems.length > 0) throw new MoveRefused('misconfigured', plan.problems)
    const ids = await idsElsewhere(moving, signal)
    await moving.copy.ensureTopics(
      plan.topics.map(({ declared }) => declared),
      signal,
    )
    const { writer } = await sameWriter(moving, plan.clusterId)
    const copying = { ...moving, writer, ids, told }
    await copyAll(copying, plan, signal)
    const { verified, expired } = await verifyAll(copying, plan, signal)
    await moving.requireAlone(signal) // one that was cut off at the beginning may be back, and owes what names schemas as Postgres does
    const identity = { clusterId: plan.clusterId, topicPrefix: settings.topicPrefix }
    if (await switchOver(moving, { plan, identity, ids }, signal))
      return { kind: 'moved', moved: { clusterId: plan.clusterId, verified, expired, renumberedSchemas: changed(ids) } }
    // Somebody appended since it was planned: what came is copied, too.
  }
}

/** The same to Kafka as the one before that was killed; in another cluster another. */
async function sameWriter({ database, copy }: Moving, clusterId: string): Promise<Pick<Move, 'writer'>> {
  const begun = await readMove(database)
  if (begun !== null && begun.clusterId === clusterId) return begun
  const writer = await copy.openWriter()
  await beginMove(database, { clusterId, writer })
  return { writer }
}

const changed = (ids: ReadonlyMap<number, number>): number => [...ids].filter(([id, now]) => id !== now).length
