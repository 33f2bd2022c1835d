// What simulate prints: commands that lead from nothing to a conversation, and fit the ports, the directory and the settings in use.
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { examplePhone } from '../../simulator/control/examples.ts'
import type { Environment } from '../runtime/variables.ts'
import { DEFAULT_URL } from './api-settings.ts'
import { fitScreen } from './fit-terminal.ts'
import { ownCommand } from './own-command.ts'
import { shellWord } from './shell-word.ts'

type Simulator = { url: string; cdnUrl: string; controlUrl: string; sharesHistory?: boolean }
export type Plan = {
  dataDir: string
  /** Accounts are there already: with the simulator for WhatsApp, they are logged out. */
  isInUse: boolean
  url: string
  /** Somebody said where zaplog is, or on which port. */
  isTold: boolean
  /** For a shell. */
  key: string
  /** For the start, and nothing that is so by default. */
  start(simulator: Simulator): Readonly<Record<string, string>>
}

/** Of its own: an account of ./data that met the simulator would be logged out. */
const DATA_DIR = './data-simulated'

/** What this environment sets counts: the commands are pasted beside it, or into another that lacks it. */
export async function planOf(env: Environment, isFree = isPortFree): Promise<Plan> {
  const dataDir = env.DATA_DIR || DATA_DIR
  const told = toldPort(env)
  const port = told ?? (await freePort(isFree))
  const allowed = env.WEBHOOK_ALLOW_LOOPBACK ? { WEBHOOK_ALLOW_LOOPBACK: env.WEBHOOK_ALLOW_LOOPBACK } : {}
  return {
    dataDir,
    isInUse: env.DATA_DIR !== undefined && existsSync(join(dataDir, 'admin-key')),
    url: env.ZAPLOG_URL ? env.ZAPLOG_URL.replace(/\/+$/, '') : `http://127.0.0.1:${port}`,
    isTold: Boolean(env.ZAPLOG_URL) || told !== null,
    key: env.ADMIN_API_KEY ? '$ADMIN_API_KEY' : `$(cat ${shellWord(env.ADMIN_API_KEY_FILE || join(dataDir, 'admin-key'))})`,
    start: ({ url, cdnUrl }) => ({
      DATA_DIR: dataDir,
      ...(port === DEFAULT_PORT ? {} : { PORT: port }),
      ...allowed,
      WHATSAPP_URL: url,
      WHATSAPP_CDN_URL: cdnUrl,
    }),
  }
}

/** null: nobody says one that a start here could listen on. */
function toldPort({ PORT, ZAPLOG_URL }: Environment): string | null {
  if (PORT && PORT !== '0') return PORT
  const url = ZAPLOG_URL && URL.canParse(ZAPLOG_URL) ? new URL(ZAPLOG_URL) : null
  return url !== null && url.port !== '' && ['127.0.0.1', 'localhost'].includes(url.hostname) ? url.port : null
}

const DEFAULT_PORT = new URL(DEFAULT_URL).port
/** Where zaplog runs already, with real accounts, another one is for the simulator. */
const CANDIDATES = [DEFAULT_PORT, '7170', '7270', '7370']

async function freePort(isFree: (port: number) => Promise<boolean>): Promise<string> {
  for (const port of CANDIDATES) if (await isFree(Number(port))) return port
  return DEFAULT_PORT // the start says that it is taken
}

const isPortFree = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })

export function screenOf(simulator: Simulator, plan: Plan, columns: number): readonly string[] {
  const { controlUrl } = simulator
  const ask = (path: string) => `curl -sS -H "authorization: Bearer ${plan.key}" '${plan.url}${path}'`
  const ours = settings({ DATA_DIR: plan.dataDir, ...(plan.url === DEFAULT_URL ? {} : { ZAPLOG_URL: plan.url }) })
  const history = simulator.sharesHistory ? ' --setting historySync=true' : ''
  const lines = [
    'A local WhatsApp is running; Ctrl-C ends it. In another terminal, start a zaplog that uses it:',
    `  ${settings(plan.start(simulator))} ${ownCommand()} start`,
    ...(plan.isTold ? [] : ['With another PORT there, set ZAPLOG_URL for what follows, and in its addresses.']),
    ...(plan.isInUse ? [`Careful: accounts that are in ${plan.dataDir} would log in to it, and be logged out.`] : []),
    '',
    `In a third one, make an instance, have the simulated phone ${examplePhone} scan its QR code, play a conversation, and read it:`,
    `  ${ours} ${ownCommand()} instances create --id support --name Support${history} --no-qr`,
    `  ${ask('/v1/instances/support/qr?wait=30')} | curl -sS -H 'content-type: application/json' -d @- ${controlUrl}/sim/v1/scan`,
    `  curl -sS -X POST ${controlUrl}/sim/v1/devices/${examplePhone}/conversation`,
    `  ${ask('/v1/instances/support/messages')}`,
    ...(history === ''
      ? []
      : ['How far the history is that its phone shares:', `  ${ours} ${ownCommand()} instances history support`]),
    'A simulator that was started again knows no phones: once the instance is logged-out, this replaces the create:',
    `  ${ours} ${ownCommand()} instances restart support`,
    '',
    `What else it can do, such as typing a pairing code, with examples: curl ${controlUrl}/sim/v1`,
  ]
  return fitScreen(lines, columns)
}

const settings = (of: Readonly<Record<string, string>>): string =>
  Object.entries(of)
    .map(([name, value]) => `${name}=${shellWord(value)}`)
    .join(' ')
