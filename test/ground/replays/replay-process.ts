// Replays worked off in a process that a test may kill: node replay-process.ts GROUND DATABASE_URL, a ReplayGround in JSON.
import { openPostgres } from '../../../src/database/postgres.ts'
import { openReplays } from '../../../src/replays/open-replays.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { openReplayParts } from './replay-parts.ts'

/** What a process that was killed had is another's as soon. */
const LEASE_MS = 1_000

const [ground = '', url = ''] = process.argv.slice(2)
const logger = createLogger({ level: 'warn' })
const database = await openPostgres({ url, poolSize: 5, applicationName: 'replay process', logger })
openReplays({ ...(await openReplayParts(JSON.parse(ground), database, logger)), pollMs: 50, leaseMs: LEASE_MS })
