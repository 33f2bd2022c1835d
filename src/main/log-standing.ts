// Whether the database still belongs to the log that this process works with: one that was away while the log moved has to be stopped, and its
// liveness says so. Postgres refuses what it would write meanwhile.
import type { Transaction } from '../database/database.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Check } from '../runtime/role.ts'
import { describeLog, isSameLog, type LogIdentity, readIdentity } from './log-identity.ts'

export type LogStanding = {
  /** Rejects DatabaseError. */
  look(database: Transaction): Promise<void>
  /** failed: a restart ends with OtherLog, and is right to. */
  checks(): readonly Check[]
}

export function createLogStanding({ logger }: { logger: Logger }, ours: LogIdentity): LogStanding {
  let other: LogIdentity | null = null
  return {
    look: async database => {
      const kept = await readIdentity(database)
      const found = kept === null || isSameLog(kept, ours) ? null : kept
      if (found !== null && other === null) logger.error('log.moved-away', { now: describeLog(found), ours: describeLog(ours) })
      other = found
    },
    checks: () => (other === null ? [] : [{ name: 'log', state: 'failed', detail: describe(other, ours) }]),
  }
}

const describe = (kept: LogIdentity, ours: LogIdentity): string =>
  `this database belongs to ${describeLog(kept)} by now, and this process was started for ${describeLog(ours)}: stop it, and start it with the settings of today`
