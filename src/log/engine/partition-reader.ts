// How the engines of a log read one partition: the only thing of an adapter they see besides append.
import type { Batch, Position } from '../log.ts'

export type ReadLimits = { maxRecords: number; maxBytes: number }

/** One partition in offset order, one call at a time. Unavailability is waited out inside, and said by the adapter. */
export type PartitionReader = {
  /** Resolves when `next` would not have to wait for an append; rejects as `next` does. */
  ready(signal: AbortSignal): Promise<void>
  /**
   * At least one record, or a gap the log has; a record larger than maxBytes comes alone.
   * Rejects LogError `truncated` when the position is outside the log, `aborted` when the signal aborts.
   */
  next(limits: ReadLimits, signal: AbortSignal): Promise<Batch>
  close(): void
}

export type OpenPartitionReader = (from: Position) => PartitionReader
