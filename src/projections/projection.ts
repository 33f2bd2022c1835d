// A projection turns the log into rows. The runner owns transaction, checkpoint and deduplication; a projection only applies events.
import type { Transaction } from '../database/database.ts'
import type { Event } from '../events/event.ts'
import type { Position, TopicPartition } from '../log/log.ts'

/** An event for a topic; the runner encodes it when it takes it from the outbox. */
export type Emission = { topic: string; key: string; event: Event }
export type Placed = { event: Event; position: Position }

export type Projection = {
  name: string
  /** A projection that learns an event type, or changes what it makes of one, gets a new version. */
  version: number
  /** Topic names without the prefix, e.g. `events`. */
  reads: readonly string[]
  /**
   * Runs in the checkpoint's transaction, events of one partition in log order, each event id once.
   * No clock, no chance, no effect but tx. What it returns goes to the outbox in the same transaction.
   */
  apply(tx: Transaction, events: readonly Placed[]): Promise<readonly Emission[]>
  /** What is due by the clock, for one partition, live only; in a transaction of its own that moves the checkpoint's revision. */
  tick?(tx: Transaction, of: { partition: number; nowAt: number }): Promise<readonly Emission[]>
}

export type { TopicPartition }
