// What comes after a batch that failed: an outage is waited out, a lost answer looked up, and what spoils the batch narrowed down to its key.
// Pure.
import type { BatchOutcome } from '../log/log.ts'
import { MissingCheckpoint } from './checkpoints.ts'
import { classifyFailure } from './failure.ts'

export type AfterFailure =
  | Extract<BatchOutcome, { kind: 'retry' | 'halt' }>
  /** Whether it was committed only the checkpoint says. */
  | { kind: 'reread'; reason: string }
  /** Its own fault, as far as anybody can tell: the same again. */
  | { kind: 'try-again'; attempt: number; delayMs: number; reason: string }
  /** It has had its tries: record by record. */
  | { kind: 'narrow-down'; attempt: number; reason: string }

/** A batch that fails so often without an outage is taken apart to find the record that spoils it. */
const ATTEMPTS_BEFORE_NARROWING = 3
const RETRY_BASE_MS = 100

/** `failures`: of this batch before this one. `hasEnded`: the partition is no longer ours. */
export function afterFailure(error: unknown, { failures, hasEnded }: { failures: number; hasEnded: boolean }): AfterFailure {
  if (error instanceof MissingCheckpoint) return { kind: 'halt', reason: error.message }
  if (hasEnded) return assignmentEnded
  const failure = classifyFailure(error)
  if (failure.kind === 'outage') return { kind: 'retry', delayMs: failure.delayMs, reason: failure.reason }
  if (failure.kind === 'unknown-commit') return { kind: 'reread', reason: failure.reason }
  const attempt = failures + 1
  const reason = failure.message
  if (attempt < ATTEMPTS_BEFORE_NARROWING) return { kind: 'try-again', attempt, delayMs: RETRY_BASE_MS * 2 ** attempt, reason }
  return { kind: 'narrow-down', attempt, reason }
}

/** What was done about a failed batch failed as well: later again. Throws what is nobody's outage. */
export function afterVainRecovery(error: unknown, { hasEnded }: { hasEnded: boolean }): BatchOutcome {
  const after = afterFailure(error, { failures: 0, hasEnded })
  if (after.kind === 'retry' || after.kind === 'halt') return after
  if (after.kind === 'reread') return { kind: 'retry', delayMs: RETRY_BASE_MS, reason: after.reason }
  throw error
}

const assignmentEnded: BatchOutcome & { kind: 'retry' } = { kind: 'retry', delayMs: 0, reason: 'the assignment ended' }
