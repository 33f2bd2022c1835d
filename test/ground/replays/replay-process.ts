// Replays worked off in a process that a test may kill: node replay-process.ts GROUND DATABASE_URL [MOST], a ReplayGround in JSON. Of what is beyond the
// first MOST records the appends have no answer, so that it is not done however late it is killed.
import { openPostgres } from '../../../src/database/postgres.ts'
import type { EventLog } from '../../../src/log/log.ts'
import { openReplays } from '../../../src/replays/open-replays.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { openReplayParts } from './replay-parts.ts'

/** What a process that was killed had is another's as soon. */
const LEASE_MS = 1_000

const [ground = '', url = '', most = 'Infinity'] = process.argv.slice(2)
const logger = createLogger({ level: 'warn' })
const database = await openPostgres({ url, poolSize: 5, applicationName: 'replay process', logger })
const parts = await openReplayParts(JSON.parse(ground), database, logger)
openReplays({ ...parts, log: { ...parts.log, append: upTo(Number(most)) }, pollMs: 50, leaseMs: LEASE_MS })

function upTo(records: number): EventLog['append'] {
  let left = records
  return (append, signal) => {
    left -= append.records.length
    return left < 0 ? new Promise(() => undefined) : parts.log.append(append, signal)
  }
}
