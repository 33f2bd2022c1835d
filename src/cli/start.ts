// zaplog start: configuration, then everything it asks for, until SIGTERM, SIGINT or the end of its terminal.
import pc from 'picocolors'
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, with its types beside it
import { signalsHeard } from '../../bin/early-signals.mjs'
import { PartRefused, StartStopped } from '../main/waits.ts'
import { openZaplog, type Zaplog } from '../main.ts'
import { type Config, type ParsedConfig, parseConfig } from '../runtime/config.ts'
import { ListenRefused } from '../runtime/listen-refused.ts'
import { createLogger, describeError, type Logger } from '../runtime/logger.ts'
import { aborted } from '../runtime/or-abort.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { logOutput } from './lost-output.ts'
import { startScreen } from './start-screen.ts'
import { watchStopSignals } from './stop-signals.ts'
import { version } from './version.ts'

export async function start(): Promise<void> {
  const { config, ignored } = readConfig()
  const logger = createLogger({ level: config.logLevel, destination: logOutput })
  if (ignored.length > 0) logger.warn('config.not-in-this-version', { settings: ignored })
  superviseProcess(logger)
  const stopping = watchSignals(config.stopWithinMs, logger)
  await signalsHeard()
  if (stopping.aborted) stopped(logger) // it came while all this was loaded: nothing is open yet
  const zaplog = await open(config, logger, stopping)
  announce(zaplog, config)
  await aborted(stopping)
  await zaplog.close()
  stopped(logger)
}

function readConfig(): Extract<ParsedConfig, { ok: true }> {
  const parsed = parseConfig(process.env)
  if (parsed.ok) return parsed
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
    if (stopping.aborted) {
      // Ctrl-C reaches the programs that a start runs, too: what they say then is not why it ended.
      if (!(error instanceof StartStopped)) logger.warn('process.start-interrupted', { error })
      stopped(logger)
    }
    const answer = error instanceof PartRefused || error instanceof ListenRefused ? error.message : describeError(error)
    process.stderr.write(`${pc.red('zaplog cannot start:')} ${answer}\n`)
    process.exit(exitCodeOf(error))
  }
}

function stopped(logger: Logger): never {
  logger.info('process.stopped')
  process.exit(exitCodes.done)
}

function announce(zaplog: Zaplog, config: Config): void {
  const lines = startScreen({ ...zaplog, version }, { config, env: process.env, isTerminal: process.stdout.isTTY })
  process.stdout.write(`${lines.join('\n')}\n`)
}

/**
 * Aborts at the first signal, which stops gracefully. What takes longer than STOP_WITHIN is cut: a restart repeats it. Watched from
 * before the start, so that one on the way up leaves no server of ours behind.
 */
function watchSignals(stopWithinMs: number, logger: Logger): AbortSignal {
  return watchStopSignals({
    onFirst: signal => {
      logger.info('process.stopping', { signal })
      setTimeout(() => {
        logger.error('process.stop-timed-out', { stopWithinMs })
        process.exit(exitCodes.failed)
      }, stopWithinMs)
    },
  })
}
