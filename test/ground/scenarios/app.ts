// The process that scenarios start and kill: zaplog's own composition, with a crash or slow statements planted between its ports.
// argv: JSON of { env, plan, slow, shortSessions, silentAfterMs, failingAfterMs }. Prints one line of JSON when it listens; ends gracefully on SIGTERM.
import module from 'node:module'
import { exitCodeOf } from '../../../src/cli/exit-codes.ts'
import { openZaplog } from '../../../src/main.ts'
import { parseConfig } from '../../../src/runtime/config.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import { type CrashPlan, crashing } from './crash-plan.ts'
import { shorteningSessions } from './short-sessions.ts'
import { type SlowPlan, slowing } from './slow-statements.ts'

type Launch = {
  env: Record<string, string>
  plan: CrashPlan | null
  slow: SlowPlan | null
  shortSessions: boolean
  silentAfterMs?: number
  failingAfterMs?: number
}

const { env, plan, slow, shortSessions, ...times }: Launch = JSON.parse(process.argv[2] ?? '{}')
const parsed = parseConfig(env)
if (!parsed.ok) {
  process.stderr.write(`${JSON.stringify(parsed.problems)}\n`)
  process.exit(78)
}
const logger = createLogger({ level: parsed.config.logLevel })
try {
  const { brokers } = parsed.config.kafka
  const zaplog = await openZaplog(parsed.config, {
    logger,
    version: '0.0.0-test',
    ...times,
    wrap: ports => ({
      ...ports,
      ...crashing(plan, {
        log: shortSessions ? shorteningSessions(brokers, logger, ports) : ports.log,
        database: slowing(slow, ports.database),
        waitingDatabase: slowing(slow, ports.waitingDatabase),
      }),
    }),
  })
  process.once('SIGTERM', () => void zaplog.close().then(() => process.exit(0)))
  module.flushCompileCache() // it may be killed before its end
  process.stdout.write(`${JSON.stringify({ url: zaplog.url, key: zaplog.adminKey?.value ?? env.ADMIN_API_KEY })}\n`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  process.exit(exitCodeOf(error))
}
