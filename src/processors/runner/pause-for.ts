// What an error of a dependency means for a record: an outage is nobody's message's fault, and pauses.
import { DatabaseError, isRefusal } from '../../database/database.ts'
import type { Outcome } from '../../log/log.ts'
import { ObjectError } from '../../objects/objects.ts'
import { RegistryError } from '../../registry/registry.ts'

/** null: it is no outage, and whoever called throws it on. */
export function pauseFor(error: unknown, { pauseMs: delayMs }: { pauseMs: number }): (Outcome & { kind: 'pause' }) | null {
  const dependency = dependencyAway(error)
  return dependency === null || !(error instanceof Error) ? null : { kind: 'pause', dependency, delayMs, reason: error.message }
}

/** An outage, or whoever asked is told to stop. */
export const isAway = (error: unknown): boolean => !isRefusal(error) && dependencyAway(error) !== null

function dependencyAway(error: unknown): string | null {
  if (error instanceof DatabaseError) return 'postgres'
  if (error instanceof ObjectError) return error.code === 'aborted' || error.code === 'refused' ? null : 'object-store'
  if (error instanceof RegistryError) return error.code === 'aborted' ? null : 'schema-registry'
  return null
}
