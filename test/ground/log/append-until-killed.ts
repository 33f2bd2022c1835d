// A process that appends numbers to a topic until it is killed, and says which are durable. Arguments: database URL, topic.
import { openPostgres } from '../../../src/database/postgres.ts'
import { openPostgresLog } from '../../../src/log/postgres/postgres.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'

const [url = '', topic = ''] = process.argv.slice(2)
const logger = createLogger({ level: 'silent' })
const database = await openPostgres({ url, poolSize: 5, applicationName: 'append until killed', logger })
const log = openPostgresLog({ database, logger, metrics: createMetrics({ processMetrics: false }) })

for (let number = 0; ; number += 10) {
  const calls = Array.from({ length: 10 }, (_, n) => appendNumber(number + n))
  await Promise.all(calls)
}

async function appendNumber(number: number) {
  const record = { key: `key-${number % 3}`, value: Buffer.from(String(number)), headers: {}, recordedAt: Date.now() }
  await log.append({ topic, records: [record] }, new AbortController().signal)
  process.stdout.write(`${number}\n`)
}
