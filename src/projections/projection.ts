// A projection turns the log into rows. The runner owns transaction, checkpoint and deduplication; a projection only applies events.
import type { Transaction } from '../database/database.ts'
import type { Event } from '../events/event.ts'
import type { TopicName } from '../events/topics.ts'
import type { Position, TopicPartition } from '../log/log.ts'

/**
 * An event for a topic, named without its prefix; the runner encodes it into the outbox and appends it from there.
 * `partition`: the partition whose record or tick caused it. Emissions of one key have one topic and one partition.
 */
export type Emission = { partition: number; topic: TopicName; key: string; event: Event }
/** `position` is the log's own, its topic with the prefix. */
export type Placed = { event: Event; position: Position }

export type Projection = {
  name: string
  /** A projection that learns an event type or a topic, or changes what it makes of one, gets a new version. */
  version: number
  /** Topic names without the prefix. */
  reads: readonly TopicName[]
  /**
   * Runs in the checkpoints' transaction, events of one or more partitions, those of each in log order, each event id once (and once
   * more where its copy comes more than 4,096 ids of its instance later). An instance lives in one partition. No clock, no chance, no
   * effect but tx: it may run again before it is committed.
   * What it returns goes to the outbox in the same transaction. A throw that is no outage quarantines the key of its record.
   */
  apply(tx: Transaction, events: readonly Placed[]): Promise<readonly Emission[]>
  /** What is due by the clock, for one partition, live only; in a transaction of its own that moves the checkpoint's revision. */
  tick?(tx: Transaction, of: { partition: number; nowAt: number }): Promise<readonly Emission[]>
  /** Which partitions have something due, in one cheap query: only these tick. Without it every partition ticks, every 250 ms. */
  due?(database: Transaction, nowAt: number): Promise<readonly number[]>
}

export type { TopicPartition }
