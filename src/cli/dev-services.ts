// zaplog dev services: the parts that a laptop lacks, on loopback, until a signal stops them; what they were told is there after a restart.
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { CodedError } from '../runtime/coded-error.ts'
import { lockDirectory } from '../runtime/directory-lock.ts'
import { aborted, onAbort } from '../runtime/or-abort.ts'
import { readIfThere } from '../runtime/read-if-there.ts'
import { writeDurably } from '../runtime/write-durably.ts'
import type { PartName } from './dev-options.ts'
import type { openParts as OpenParts, Part } from './dev-parts.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { fromRepository } from './from-repository.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { describeLoss, isStop } from './lost-output.ts'
import { ownCommand } from './own-command.ts'
import { jsonLine } from './print-json.ts'
import { sayProblem } from './problem.ts'
import { shellWord } from './shell-word.ts'
import { watchStopSignals } from './stop-signals.ts'

type Options = { only: readonly PartName[]; data: string; fresh?: true; portBase: number; settings?: string }
type Place = { path: string; takenOver: boolean; close(): Promise<void> }

class DevServicesError extends CodedError<'in-use' | 'misconfigured'> {
  override name = 'DevServicesError'
  readonly port = 'services'
  constructor(code: 'in-use' | 'misconfigured', message: string, cause?: unknown) {
    super({ code, message, retryable: false, cause })
  }
}

/** Ends the process: 0 when told to stop, else with what kept the parts from running. */
export async function devServices(options: Options, outputLost: AbortSignal): Promise<void> {
  // Servers go however this process ends: their watchers see to it.
  const stopping = AbortSignal.any([watchStopSignals({ onFirst: () => say('stopping') }), outputLost])
  onAbort(outputLost, () => say(`${describeLoss(outputLost)}: stopping`))
  try {
    const { openParts } = await fromRepository('dev services', () => import('./dev-parts.ts'))
    await checkSettingsFile(options.settings)
    const place = await openPlace(options)
    try {
      await runParts(openParts, place, { options, stopping })
    } finally {
      await place.close()
    }
  } catch (error) {
    if (!isStop(error, stopping)) {
      const detail = error instanceof Error ? error.message : String(error)
      const exitCode = exitCodeOf(error)
      sayProblem({ detail, exitCode }, `zaplog dev services: ${detail}`)
      process.exit(exitCode)
    }
  }
  process.exit(exitCodes.done)
}

type Run = { options: Options; stopping: AbortSignal }

async function runParts(openParts: typeof OpenParts, place: Place, { options, stopping }: Run): Promise<void> {
  const parts = await openParts(
    {
      names: options.only,
      portBase: options.portBase,
      directory: place.path,
      leftOverMs: place.takenOver ? LEFT_OVER_MS : 0,
      say: (part, what) => say(`${part.padEnd(8)} ${what}`),
    },
    stopping,
  )
  try {
    await announce(parts, options.settings)
    const died = await Promise.race([aborted(stopping), ...parts.map(part => part.ended)])
    if (died !== null) throw new Error(`${died}; the others are stopped, what they hold is kept`)
  } finally {
    await Promise.all(parts.map(part => part.close()))
  }
}

/** How long servers of a killed process may take to go: their watchers kill them at once. */
const LEFT_OVER_MS = 10_000

async function announce(parts: readonly Part[], settingsFile: string | undefined): Promise<void> {
  const settings = Object.assign({}, ...parts.map(({ env }) => env)) as Record<string, string>
  const lines = Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
  if (settingsFile !== undefined) await writeDurably(settingsFile, `${WRITTEN_BY}\n${lines}`)
  process.stdout.write(jsonIsWanted() ? jsonLine({ settings }) : lines)
  const source =
    settingsFile === undefined
      ? ''
      : `: DATA_DIR=./data-kafka ${ownCommand()} start --env-file ${shellWord(resolve(settingsFile))}`
  say(`start zaplog with these settings${source}; Ctrl-C here stops the services`)
}

const WRITTEN_BY = '# Written by zaplog dev services; written anew at each of its starts.'

/** Only a file of ours is written over. */
async function checkSettingsFile(path: string | undefined): Promise<void> {
  if (path === undefined) return
  if (!existsSync(dirname(resolve(path))))
    throw new DevServicesError(
      'misconfigured',
      `writing the settings to ${path}: there is no such directory; choose another --settings`,
    )
  const known = await readIfThere(path)
  if (known !== null && !known.startsWith(WRITTEN_BY))
    throw new DevServicesError(
      'misconfigured',
      `writing the settings to ${path}: it is there and not ours; choose another --settings`,
    )
}

/** Of one process at a time. */
async function openPlace({ data, fresh }: Options): Promise<Place> {
  if (fresh) {
    const path = await mkdtemp(join(tmpdir(), 'zaplog-services-'))
    return { path, takenOver: false, close: () => rm(path, { recursive: true, force: true }) }
  }
  const path = resolve(data)
  if (/[,;\\\n]/.test(path))
    throw new DevServicesError(
      'misconfigured',
      `opening ${path}: expected a path without , ; and \\, which Kafka and the registry split at`,
    )
  // The directory above may become DATA_DIR, whose files others may not list.
  await mkdir(path, { recursive: true, mode: 0o711 })
  const lock = await lockDirectory(path)
  if (!lock.held)
    throw new DevServicesError(
      'in-use',
      `opening ${path}: process ${lock.byPid} runs services on it; stop it, or choose another --data`,
    )
  return { path, takenOver: lock.takenFromPid !== null, close: lock.release }
}

const say = (line: string): void => void process.stderr.write(`${line}\n`)
