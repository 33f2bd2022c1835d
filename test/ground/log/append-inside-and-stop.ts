// A process that appends inside of a transaction, says so, and never commits: it is killed. Arguments: database URL, topic.
import { openPostgres } from '../../../src/database/postgres.ts'
import { openPostgresLog } from '../../../src/log/postgres/postgres.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import { appendIn, insideOf } from '../../contracts/log-inside.ts'

const [url = '', topic = ''] = process.argv.slice(2)
const logger = createLogger({ level: 'silent' })
const database = await openPostgres({ url, poolSize: 5, applicationName: 'append inside and stop', logger })
const log = openPostgresLog({ database, logger, metrics: createMetrics({ processMetrics: false }) })

await database.transact(async tx => {
  const record = { key: 'one', value: Buffer.from('never'), headers: {}, recordedAt: Date.now() }
  await appendIn(tx, insideOf(log), { topic, records: [record] })
  process.stdout.write('appended\n')
  await new Promise(() => setInterval(() => undefined, 60_000))
}, new AbortController().signal)
