// Why a step failed: because something is down, which passes by itself, or because of what it was given, which does not.
import { DatabaseError } from '../database/database.ts'
import { LogError } from '../log/log.ts'
import { RegistryError } from '../registry/registry.ts'
import { describeError } from '../runtime/logger.ts'

export type StepFailure =
  /** Nobody's record is at fault: the same again, later. */
  | { kind: 'outage'; reason: string; delayMs: number }
  /** It may be committed: the checkpoint says. */
  | { kind: 'unknown-commit'; reason: string }
  /** A record or the projection's code. */
  | { kind: 'poison'; code: string; message: string }

const SOON_MS = 250
/** What only a person mends. */
const LATER_MS = 5_000

/**
 * Of SQLSTATE: cardinality, data and constraints, what exceeds a limit, and what a function of ours raised. Everything else the server
 * says of itself (a broken disk, a missing table or right): leaving out instances for it would leave out all of them.
 */
const blamesValues = /^(21|22|23|54|P0)/

export function classifyFailure(error: unknown): StepFailure {
  const reason = describeError(error)
  if (error instanceof DatabaseError) {
    if (error.code === 'commit-unknown') return { kind: 'unknown-commit', reason }
    if (error.sqlState !== null && blamesValues.test(error.sqlState))
      return { kind: 'poison', code: error.sqlState, message: reason }
    return { kind: 'outage', reason, delayMs: error.retryable ? SOON_MS : LATER_MS }
  }
  if (error instanceof LogError || error instanceof RegistryError)
    return { kind: 'outage', reason, delayMs: error.retryable ? SOON_MS : LATER_MS }
  return { kind: 'poison', code: codeOf(error), message: reason }
}

const codeOf = (error: unknown): string =>
  error instanceof Error ? ('code' in error && typeof error.code === 'string' ? error.code : error.name) : 'unknown'
