// A program for tests that kill it: opens what its arguments say, prints one line, and stays.
import { openEmbeddedPostgres } from '../../../src/database/embedded.ts'
import { openDataDir } from '../../../src/runtime/data-dir.ts'
import { createLogger } from '../../../src/runtime/logger.ts'

const [, , what, path = '', uid] = process.argv
const logger = createLogger({ level: 'warn' })
// Once its code is loaded: it may lie where only root can read it.
if (uid !== undefined) {
  process.setgroups?.([])
  process.setgid?.(Number(uid))
  process.setuid?.(Number(uid))
}
const opened =
  what === 'embedded'
    ? (await openEmbeddedPostgres({ dataDir: path, logger, fsync: false })).url
    : (await openDataDir({ logger }, path)).path
process.stdout.write(`${opened}\n`)
setInterval(() => undefined, 60_000)
