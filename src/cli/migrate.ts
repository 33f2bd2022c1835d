// zaplog migrate: the log of a zaplog that is stopped moves from Postgres into the Kafka that the settings name. How far it is is on stderr, what
// came of it on stdout; with --json stdout has a line for each thing that happens.
import { deleteOld } from '../main/move/delete-old.ts'
import { moveLog, type Outcome } from '../main/move/move.ts'
import { openAlone, openMoving } from '../main/move/open-moving.ts'
import { requireTargets } from '../main/move/require-targets.ts'
import { CodedError } from '../runtime/coded-error.ts'
import { type Config, parseConfig } from '../runtime/config.ts'
import { describeError, type Logger } from '../runtime/logger.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { describeLoss } from './lost-output.ts'
import { describeOutcome, outcomeLine } from './migrate-outcome.ts'
import { createMigrateScreen } from './migrate-screen.ts'
import { openLog } from './open-log.ts'
import { ownCommand } from './own-command.ts'
import { jsonLine } from './print-json.ts'
import { sayProblem } from './problem.ts'
import { watchStopSignals } from './stop-signals.ts'
import { openTerminal } from './terminal.ts'

export type Options = { toKafka?: true; dryRun?: true; deleteOld?: true; yes?: true }

/** Ends the process. */
export async function migrateVerb(options: Options, outputLost: AbortSignal): Promise<void> {
  const stopping = AbortSignal.any([watchStopSignals(), outputLost])
  const config = readConfig(options)
  const logger = openLog({ level: 'warn', format: config.logFormat })
  try {
    process.exitCode = await (options.deleteOld
      ? forget(config, { options, logger }, stopping)
      : move(config, { options, logger }, stopping))
  } catch (error) {
    process.exitCode = sayFailure(error, { stopping, outputLost })
  }
  process.exit()
}

type How = { options: Options; logger: Logger }

async function move(config: Config, { options, logger }: How, stopping: AbortSignal): Promise<number> {
  await requireTargets(config, { logger }, stopping)
  const screen = createMigrateScreen({ asJson: jsonIsWanted() })
  const alone = await openAlone(config, { logger }, stopping)
  try {
    const { moving, settings, close } = openMoving(config, { ...alone, logger })
    try {
      const outcome = await moveLog(moving, { settings, dryRun: options.dryRun === true, told: screen }, alone.signal)
      screen.end()
      return sayOutcome(outcome)
    } finally {
      screen.end()
      await close()
    }
  } finally {
    await alone.close()
  }
}

/** A dry run that found something that stands against it ends as the move would. */
function sayOutcome(outcome: Outcome): number {
  process.stdout.write(jsonIsWanted() ? jsonLine(outcomeLine(outcome)) : `${describeOutcome(outcome, ownCommand()).join('\n')}\n`)
  return outcome.kind === 'planned' && outcome.plan.problems.length > 0 ? exitCodes.configuration : exitCodes.done
}

async function forget(config: Config, { options, logger }: How, stopping: AbortSignal): Promise<number> {
  const alone = await openAlone(config, { logger }, stopping)
  try {
    if (!(await isConfirmed(options))) return exitCodes.usage
    const { records } = await deleteOld(alone.database, alone.signal)
    const said = `deleted the ${records.toLocaleString('en')} records of the log that was in Postgres`
    process.stdout.write(jsonIsWanted() ? jsonLine({ event: 'deleted', records }) : `${said}\n`)
    return exitCodes.done
  } finally {
    await alone.close()
  }
}

async function isConfirmed({ yes }: Options): Promise<boolean> {
  const terminal = openTerminal()
  const says = 'it deletes the records that are in Postgres, and there is no way back to them'
  if (yes === true) return true
  const answer = (await terminal?.ask(`This cannot be undone: ${says}. Delete them? [y/N] `)) ?? ''
  if (/^y(es)?$/i.test(answer.trim())) return true
  const detail = terminal === null ? `expected --yes where nobody can be asked: ${says}` : 'nothing was deleted'
  sayProblem({ detail, exitCode: exitCodes.usage })
  return false
}

/** Of a move Kafka and its registry are part of the settings: what lacks and what is wrong is one answer. */
function readConfig({ deleteOld }: Options): Config {
  const parsed = parseConfig(process.env)
  const lacking = deleteOld === true ? [] : lackingIn(process.env)
  if (parsed.ok && lacking.length === 0) return parsed.config
  const settings = [...(parsed.ok ? [] : parsed.problems), ...lacking]
  const detail = settings.map(({ name, message }) => `${name}: ${message}`).join('\n')
  sayProblem({ detail, exitCode: exitCodes.configuration, rest: { settings } })
  process.exit(exitCodes.configuration)
}

const targets = { KAFKA_BROKERS: 'expected the Kafka to move to', SCHEMA_REGISTRY_URL: 'expected the registry of that Kafka' }

/** Where one of them is set parsing asks for the other. */
function lackingIn(env: NodeJS.ProcessEnv) {
  const isOneSet = Object.keys(targets).some(name => (env[name] ?? '') !== '')
  return isOneSet ? [] : Object.entries(targets).map(([name, message]) => ({ name, message }))
}

function sayFailure(error: unknown, { stopping, outputLost }: { stopping: AbortSignal; outputLost: AbortSignal }): number {
  const why = outputLost.aborted ? describeLoss(outputLost) : 'told to stop'
  const isStopped = stopping.aborted && !mayBeDone(error)
  const detail = isStopped ? `${why}: zaplog works as before, and the same command goes on with the copy` : describeError(error)
  const exitCode = isStopped ? exitCodes.tryLater : exitCodeOf(error)
  sayProblem({ detail, exitCode }, `zaplog migrate: ${detail}`)
  return exitCode
}

/** The answer to the commit that gives the database to Kafka's log was lost: the same command says what came of it. */
const mayBeDone = (error: unknown): boolean => error instanceof CodedError && error.code === 'commit-unknown'
