// What the demo plays on: a simulated WhatsApp, a receiver and a zaplog, on loopback and in a directory of their own; nothing of it is left.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSimulator, type Simulator } from '../../simulator/simulator.ts'
import { closeAll } from '../main/close-all.ts'
import { openZaplog, type Zaplog } from '../main.ts'
import { parseConfig } from '../runtime/config.ts'
import { type DemoReceiver, openDemoReceiver } from './demo-receiver.ts'
import { openLog } from './open-log.ts'
import { version } from './version.ts'

export type Stage = {
  simulator: Simulator
  zaplog: Zaplog
  receiver: DemoReceiver
  /** A call of zaplog's API. Rejects with an AbortError once the demo is told to stop. */
  call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>
  startedAt: number
  close(): Promise<void>
}

export const stagePrefix = join(tmpdir(), 'zaplog-demo-')

/** Rejects when something does not open, and when the signal aborts meanwhile: then all that was opened is closed again. */
export async function openStage(say: (line: string) => void, signal: AbortSignal): Promise<Stage> {
  const startedAt = Date.now()
  const logger = openLog({ level: 'warn', format: 'auto' })
  const opened: { close(): Promise<void> }[] = []
  const keep = <T extends { close(): Promise<void> }>(part: T): T => {
    opened.push(part)
    return part
  }
  const close = () => closeAll(opened.splice(0), logger)
  try {
    const directory = keep(await openDirectory()).path
    const simulator = keep(await openSimulator())
    const receiver = keep(await openDemoReceiver(say))
    const zaplog = keep(await openZaplog(readConfig(directory, simulator), { logger, version }, signal))
    keep({ close: async () => receiver.endDemo() })
    return { simulator, zaplog, receiver, startedAt, close, call: callerOf(zaplog, signal) }
  } catch (error) {
    await close().catch(() => undefined) // it is said; why it could not start matters more
    throw error
  }
}

async function openDirectory() {
  const path = await mkdtemp(stagePrefix)
  await chmod(path, 0o711) // as root, the embedded Postgres runs as a user of its own and has to get in
  return { path, close: () => rm(path, { recursive: true, force: true }) }
}

function readConfig(directory: string, simulator: Simulator) {
  const parsed = parseConfig({
    DATA_DIR: directory,
    PORT: '0',
    WHATSAPP_URL: simulator.url,
    WHATSAPP_CDN_URL: simulator.cdnUrl,
    WEBHOOK_ALLOW_LOOPBACK: 'true',
    LOG_LEVEL: 'warn',
  })
  if (!parsed.ok) throw new Error(parsed.problems.map(problem => `${problem.name}: ${problem.message}`).join('; '))
  return parsed.config
}

const callerOf =
  (zaplog: Zaplog, signal: AbortSignal): Stage['call'] =>
  async (method, path, body) => {
    const response = await fetch(new URL(path, zaplog.url), {
      method,
      signal,
      headers: {
        authorization: `Bearer ${zaplog.adminKey?.value}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
    return text === '' ? {} : JSON.parse(text)
  }
