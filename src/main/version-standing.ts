// Whether this version may still work with its database: one that was away while a newer one changed it has to be stopped, and its liveness says so.
// Postgres admits it no more meanwhile.
import { OutdatedProcess } from '../database/admit.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Check } from '../runtime/role.ts'

export type VersionStanding = {
  /** What `ask` answers or rejects with; it is noted whether this process is outdated. */
  look<Answer>(ask: () => Promise<Answer>): Promise<Answer>
  /** failed: a restart is refused, and says which version it takes. */
  checks(): readonly Check[]
}

export function createVersionStanding({ logger }: { logger: Logger }): VersionStanding {
  let outdated: OutdatedProcess | null = null
  const note = (found: OutdatedProcess | null) => {
    if (found !== null && outdated === null) logger.error('process.outdated', { error: found })
    outdated = found
  }
  return {
    look: async ask => {
      try {
        const answer = await ask()
        note(null)
        return answer
      } catch (error) {
        if (error instanceof OutdatedProcess) note(error)
        throw error
      }
    },
    checks: () => (outdated === null ? [] : [{ name: 'version', state: 'failed', detail: outdated.message }]),
  }
}
