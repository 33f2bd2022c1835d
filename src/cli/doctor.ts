// zaplog doctor: every part that the settings name, looked at as a start would, with what was found and how to mend it.
import { examine, PATIENCE_MS } from '../main/examine.ts'
import { broken, doubtful, type Finding, fine } from '../main/finding.ts'
import { parseConfig } from '../runtime/config.ts'
import type { Environment } from '../runtime/variables.ts'
import { reportOf } from './doctor-report.ts'
import { unreadNames } from './env-file.ts'
import { examineRunning } from './examine-running.ts'
import { exitCodes } from './exit-codes.ts'
import { columnsOf } from './fit-terminal.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { ownCommand } from './own-command.ts'
import { jsonLine } from './print-json.ts'

/** Ends with 1 where something is bad. */
export async function doctor(): Promise<void> {
  const findings = await examineAll(process.env)
  const isFine = findings.every(({ state }) => state !== 'bad')
  if (!isFine) process.exitCode = exitCodes.failed
  const text = () => `${reportOf(findings, columnsOf(process.stdout)).join('\n')}\n`
  process.stdout.write(jsonIsWanted() ? jsonLine({ ok: isFine, findings }) : text())
}

const ENV_FILE = '.env'

/** Never rejects. Where the settings cannot be used they are all that is said: nobody knows what else to look at. */
export async function examineAll(env: Environment, patienceMs = PATIENCE_MS): Promise<readonly Finding[]> {
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
  const [parts, running] = await Promise.all([examine(config, patienceMs), examineRunning(config, env, patienceMs)])
  const isTold = (part: string) => part === 'whatsapp' && running.some(one => one.part === part) // it knows which it uses
  const looked = parts.filter(({ part }) => !isTold(part))
  return [...(doubts.length === 0 ? [fine('settings', 'can be used')] : doubts), ...looked, ...running]
}
