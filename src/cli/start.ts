// zaplog start: configuration, then everything it asks for, until SIGTERM or SIGINT.
import pc from 'picocolors'
import { PartRefused, StartStopped } from '../main/wait-for-part.ts'
import { openZaplog, type Zaplog } from '../main.ts'
import { type Config, parseConfig } from '../runtime/config.ts'
import { createLogger, describeError, type Logger } from '../runtime/logger.ts'
import { onAbort } from '../runtime/or-abort.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { version } from './version.ts'

export async function start(): Promise<void> {
  const config = readConfig()
  const logger = createLogger({ level: config.logLevel })
  superviseProcess(logger)
  const stopping = watchSignals(config.stopWithinMs, logger)
  const zaplog = await open(config, logger, stopping)
  announce(zaplog)
  await aborted(stopping)
  await zaplog.close()
  stopped(logger)
}

function readConfig(): Config {
  const parsed = parseConfig(process.env)
  if (parsed.ok) return parsed.config
  for (const problem of parsed.problems) process.stderr.write(`${problem.name}: ${problem.message}\n`)
  process.exit(exitCodes.configuration)
}

/** What cannot be handled where it happens ends the process: a restart continues, nothing was acknowledged that is not durable. */
function superviseProcess(logger: Logger): void {
  const end = (event: string) => (error: unknown) => {
    logger.error(event, { error })
    process.exit(exitCodes.failed)
  }
  process.on('uncaughtException', end('process.uncaught'))
  process.on('unhandledRejection', end('process.unhandled'))
}

async function open(config: Config, logger: Logger, stopping: AbortSignal): Promise<Zaplog> {
  try {
    return await openZaplog(config, { logger, version }, stopping)
  } catch (error) {
    if (error instanceof StartStopped) stopped(logger)
    const answer = error instanceof PartRefused ? error.message : describeError(error)
    process.stderr.write(`${pc.red('zaplog cannot start:')} ${answer}\n`)
    process.exit(exitCodeOf(error))
  }
}

function stopped(logger: Logger): never {
  logger.info('process.stopped')
  process.exit(exitCodes.done)
}

function announce(zaplog: Zaplog): void {
  const out = (line: string) => process.stdout.write(`${line}\n`)
  out(`${pc.bold('zaplog')} ${version} listens on ${pc.cyan(zaplog.url)}`)
  if (zaplog.adminKey === null) return
  const { value, file, created } = zaplog.adminKey
  // The key itself is shown once, and to a person: not into a file that collects output.
  if (created && process.stdout.isTTY) out(`admin key, shown this once: ${pc.yellow(value)}`)
  out(`admin key is in ${file}`)
  out('')
  out('next:')
  out(`  npm run zaplog -- instances create --name "Support"     ${pc.dim('pair a phone: shows a QR code here')}`)
  out(`  npm run zaplog -- webhooks add https://example.com/hook ${pc.dim('receive its messages')}`)
  out(`  ${zaplog.url}/openapi.json                     ${pc.dim('everything else')}`)
}

/**
 * Aborts at the first signal, which stops gracefully; the second stops at once. What takes longer than STOP_WITHIN is cut: a restart
 * repeats it. Watched from before the start, so that one on the way up leaves no server of ours behind.
 */
function watchSignals(stopWithinMs: number, logger: Logger): AbortSignal {
  const stopping = new AbortController()
  void nextSignal().then(name => {
    logger.info('process.stopping', { signal: name })
    setTimeout(() => {
      logger.error('process.stop-timed-out', { stopWithinMs })
      process.exit(exitCodes.failed)
    }, stopWithinMs)
    void nextSignal().then(() => process.exit(exitCodes.failed))
    stopping.abort()
  })
  return stopping.signal
}

const nextSignal = (): Promise<string> =>
  new Promise(resolve => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name))
  })

const aborted = (signal: AbortSignal): Promise<void> => new Promise(resolve => void onAbort(signal, resolve))
