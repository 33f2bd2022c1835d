// zaplog start: configuration, then everything it asks for, until SIGTERM, SIGINT or the end of its terminal.
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, with its types beside it
import { signalsHeard } from '../../bin/early-signals.mjs'
import { PartRefused, StartStopped } from '../main/waits.ts'
import { openZaplog, type Zaplog } from '../main.ts'
import { type Config, type ParsedConfig, parseConfig } from '../runtime/config.ts'
import { ListenRefused } from '../runtime/listen-refused.ts'
import { describeError, type Logger } from '../runtime/logger.ts'
import { aborted, onAbort } from '../runtime/or-abort.ts'
import { onStderr } from './colours.ts'
import { unreadNames } from './env-file.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { columnsOf } from './fit-terminal.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { stdoutIsNoResult } from './lost-output.ts'
import { openLog } from './open-log.ts'
import { ownCommand } from './own-command.ts'
import { jsonLine } from './print-json.ts'
import { sayProblem } from './problem.ts'
import { type Listening, startScreen } from './start-screen.ts'
import { watchStopSignals } from './stop-signals.ts'
import { version } from './version.ts'

/** `outputLost` ends nothing: whoever closes its terminal sends a signal, and a full disk under its output is no reason to stop. */
export async function start(outputLost: AbortSignal): Promise<void> {
  const { config, ignored, warnings } = readConfig()
  const logger = openLog({ level: config.logLevel, format: config.logFormat })
  if (ignored.length > 0) logger.warn('config.not-in-this-version', { settings: ignored })
  for (const { name, message } of warnings) logger.warn('config.doubtful', { setting: name, doubt: message })
  sayUnreadFile(logger)
  stdoutIsNoResult(outputLost)
  onAbort(outputLost, () => logger.warn('process.output-lost', { error: outputLost.reason }))
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
  const detail = parsed.problems.map(({ name, message }) => `${name}: ${message}`).join('\n')
  sayProblem({ detail, exitCode: exitCodes.configuration, rest: { settings: parsed.problems } })
  process.exit(exitCodes.configuration)
}

const ENV_FILE = '.env'

/** Who has one beside us may think that we read it. */
function sayUnreadFile(logger: Logger): void {
  const settings = unreadNames(ENV_FILE, process.env)
  if (settings.length > 0)
    logger.info('config.env-file-not-read', { file: ENV_FILE, settings, readsIt: `${ownCommand()} start --env-file ${ENV_FILE}` })
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
    const exitCode = exitCodeOf(error)
    sayProblem({ detail: answer, exitCode }, `${onStderr.red('zaplog cannot start:')} ${answer}`)
    process.exit(exitCode)
  }
}

function stopped(logger: Logger): never {
  logger.info('process.stopped')
  process.exit(exitCodes.done)
}

function announce(zaplog: Zaplog, config: Config): void {
  const listening: Listening = { ...zaplog, version }
  const { isTTY: isTerminal } = process.stdout
  const columns = columnsOf(process.stdout)
  const told = jsonIsWanted()
    ? jsonLine({ version, url: zaplog.url, adminKeyFile: zaplog.adminKey?.file ?? null })
    : startScreen(listening, { config, env: process.env, isTerminal, columns }).join('\n').concat('\n')
  process.stdout.write(told)
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
