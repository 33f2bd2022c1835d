// zaplog doctor: every part that the settings name, looked at as a start would, with what was found and how to mend it.
import { examine, PATIENCE_MS } from '../main/examine.ts'
import { broken, doubtful, type Finding, fine, nobody, type Watching } from '../main/finding.ts'
import { parseConfig } from '../runtime/config.ts'
import type { Environment } from '../runtime/variables.ts'
import { openDoctorScreen } from './doctor-screen.ts'
import { unreadNames } from './env-file.ts'
import { examineRunning } from './examine-running.ts'
import { exitCodes } from './exit-codes.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { ownCommand } from './own-command.ts'
import { jsonLine } from './print-json.ts'

/** Ends with 1 where something is bad. */
export async function doctor(): Promise<void> {
  const screen = jsonIsWanted() ? null : openDoctorScreen()
  const findings = await examineAll(process.env, screen === null ? {} : { watching: screen })
  const isFine = findings.every(({ state }) => state !== 'bad')
  if (!isFine) process.exitCode = exitCodes.failed
  if (screen === null) process.stdout.write(jsonLine({ ok: isFine, findings }))
  else screen.end(findings)
}

const ENV_FILE = '.env'

/** Never rejects. Where the settings cannot be used they are all that is said: nobody knows what else to look at. */
export async function examineAll(
  env: Environment,
  { patienceMs = PATIENCE_MS, watching = nobody }: { patienceMs?: number; watching?: Watching } = {},
): Promise<readonly Finding[]> {
  const parsed = parseConfig(env)
  const unread = unreadNames(ENV_FILE, env)
  const besides =
    unread.length === 0
      ? []
      : [
          doubtful(
            'settings',
            `${ENV_FILE} is not read: ${unread.join(', ')}`,
            `${ownCommand()} doctor --env-file ${ENV_FILE} reads it, as start does`,
          ),
        ]
  if (!parsed.ok) {
    const problems = parsed.problems.map(({ name, message }) => broken('settings', `${name}: ${message}`, null))
    return [...problems, ...besides, doubtful('parts', 'not looked at', 'mend the settings first')]
  }
  const { config, ignored, warnings } = parsed
  const doubts = [
    ...warnings.map(({ name, message }) => doubtful('settings', `${name}: ${message}`, null)),
    ...ignored.map(name => doubtful('settings', `${name} has no effect in this version`, null)),
    ...besides,
  ]
  const settings = doubts.length === 0 ? [fine('settings', 'can be used')] : doubts
  watching.looked({ part: 'settings', findings: settings, tookMs: 0 })
  const [parts, running] = await Promise.all([
    examine(config, patienceMs, watching),
    examineRunning(config, env, { patienceMs, watching }),
  ])
  const isTold = (part: string) => part === 'whatsapp' && running.some(one => one.part === part) // it knows which it uses
  return [...settings, ...parts.filter(({ part }) => !isTold(part)), ...running]
}
