// A program for tests that kill it: opens what its arguments say, prints one line, and stays.
import { openEmbeddedPostgres } from '../../../src/database/embedded.ts'
import { openDataDir } from '../../../src/runtime/data-dir.ts'
import { createLogger } from '../../../src/runtime/logger.ts'

const [, , what, path = ''] = process.argv
const logger = createLogger({ level: 'warn' })
const opened =
  what === 'embedded'
    ? (await openEmbeddedPostgres({ dataDir: path, logger, fsync: false })).url
    : (await openDataDir({ logger }, path)).path
process.stdout.write(`${opened}\n`)
setInterval(() => undefined, 60_000)
