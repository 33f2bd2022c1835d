// A projection turns the log into rows. The runner owns transaction, checkpoint and deduplication; a projection only applies events.
import type { Transaction } from '../database/database.ts'
import type { Found, Read, Write } from '../database/statement-parts.ts'
import type { Event } from '../events/event.ts'
import type { TopicName } from '../events/topics.ts'
import type { Position } from '../log/log.ts'

/**
 * An event for a topic, named without its prefix; the runner encodes it into the outbox and appends it from there.
 * `partition`: the partition whose record or tick caused it. Emissions of one key have one topic and one partition.
 */
export type Emission = { partition: number; topic: TopicName; key: string; event: Event; wasHeld?: WasHeld | null }
/** `traceparent`: of what was held; null: nobody traced it. `since`: epoch ms; `end`: why it is held no more, in a word. */
export type WasHeld = { traceparent: string | null; since: number; end: string }
/** `position` is the log's own, its topic with the prefix. `traceparent`: of its record, where that has one. */
export type Placed = { event: Event; position: Position; traceparent?: string }

/** Where a version begins that never ran, made by `makeCheckpoints` before any socket opens. Where rows were lost, nowhere: its members halt. */
export type Beginning =
  /**
   * Its rows are the log's alone and can be made again at any time: a version has tables of its own, fills them from the first record on
   * beside whichever version is live, and reaches the same rows as one that was there from the beginning.
   */
  | 'at-the-first-record'
  /**
   * What it released is never released again: a version takes over what the one before has in a partition, in one transaction each, and
   * goes on at its offsets; the one before can do nothing there any more. A database that no version has run in begins at the first record.
   */
  | 'where-the-version-before-ends'

/** What applying events takes: all that has to be read, in one statement with what the runner asks, and then what they change. */
export type Gathering = {
  reads: readonly Read<unknown>[]
  /**
   * `fresh`: those that are no copies and of no purged instance, each event id once (and once more where its copy comes more than 4,096 ids of
   * its instance later). No clock, no chance, no effect: it may be asked again before anything is committed. A throw that is no outage
   * quarantines the key of its record.
   */
  decide(found: Found, fresh: readonly Placed[]): Changes | Promise<Changes>
}
/** What comes of events, in the checkpoints' transaction. */
export type Changes = {
  /** One statement, with those of everybody who takes part in the step: no row is for two of them. The same ones in the same order, rows or not. */
  writes: readonly Write[]
  /** Afterwards, one by one: what has to see the rows that were written. */
  afterwards: readonly Write[]
  /** To the outbox in the same transaction. */
  emissions: readonly Emission[]
}

export type Projection = {
  name: string
  /** A projection that learns an event type or a topic, or changes what it makes of one, gets a new version: all.ts says how. */
  version: number
  begins: Beginning
  /** What it takes in is counted by instance and type, and numbers that are not in the log are kept (account.ts). */
  isAccounted?: true
  /** What it passes over is no dead letter: another one reads the same, and says it. */
  isSilent?: true
  /** The directory of the SQL files that make its tables (make-tables.ts); without it the database's migrations do. */
  sql?: string
  /** Topic names without the prefix. */
  reads: readonly TopicName[]
  /**
   * What has to be known before these events can be applied: events of one or more partitions, those of each in log order. An instance lives
   * in one partition.
   */
  gather(placed: readonly Placed[]): Gathering
  /** What is due by the clock, for one partition, live only; in a transaction of its own that moves the checkpoint's revision. */
  tick?(tx: Transaction, of: { partition: number; nowAt: number }): Promise<readonly Emission[]>
  /** Which partitions have something due, in one cheap query: only these tick. Without it every partition ticks, every 250 ms. */
  due?(database: Transaction, nowAt: number): Promise<readonly number[]>
}

/** Names a version in consumer groups, metrics, checks and log lines. */
export const titleOf = ({ name, version }: Pick<Projection, 'name' | 'version'>): string =>
  version === 1 ? name : `${name}.${version}`
