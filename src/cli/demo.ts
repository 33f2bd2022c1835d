// zaplog demo: one simulated phone, one conversation, every stage of every message on the terminal, every webhook verified.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pc from 'picocolors'
import { type Played, playConversation } from '../../simulator/conversation.ts'
import { openSimulator, type Simulator } from '../../simulator/simulator.ts'
import { openZaplog, type Zaplog } from '../main.ts'
import { parseConfig } from '../runtime/config.ts'
import { createLogger } from '../runtime/logger.ts'
import { wait } from '../runtime/wait.ts'
import { type DemoReceiver, openDemoReceiver } from './demo-receiver.ts'
import { followStages } from './demo-stages.ts'
import { exitCodes } from './exit-codes.ts'
import { version } from './version.ts'

const GIVE_UP_MS = 60_000
const PHONE = '5511900000001'

type Options = { once?: boolean; json?: boolean }
type Say = (line: string) => void
type Missing = readonly string[]

export async function demo(options: Options): Promise<void> {
  const say: Say = line => void (options.json ? process.stderr : process.stdout).write(`${line}\n`)
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort())
  const stage = await openStage(say)
  try {
    const missing = await perform(stage, say, stop.signal)
    summarise(stage, missing, { json: options.json === true, say })
    process.exitCode = missing.length === 0 ? exitCodes.done : exitCodes.failed
    if (!options.once && !stop.signal.aborted) await stayOpen(stage, say, stop.signal)
  } finally {
    await stage.close()
  }
  process.exit() // Baileys keeps timers of closed sockets for up to half a minute
}

type Stage = {
  simulator: Simulator
  zaplog: Zaplog
  receiver: DemoReceiver
  call: Call
  startedAt: number
  close(): Promise<void>
}
type Call = (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>

/** Everything the demo needs, on loopback and in a directory of its own that is removed at the end. */
async function openStage(say: Say): Promise<Stage> {
  const startedAt = Date.now()
  const directory = await mkdtemp(join(tmpdir(), 'zaplog-demo-'))
  await chmod(directory, 0o711) // as root, the embedded Postgres runs as a user of its own and has to get in
  const simulator = await openSimulator()
  const receiver = await openDemoReceiver(say)
  const parsed = parseConfig({
    DATA_DIR: directory,
    PORT: '0',
    WHATSAPP_URL: simulator.url,
    WHATSAPP_CDN_URL: simulator.cdnUrl,
    WEBHOOK_ALLOW_LOOPBACK: 'true',
    LOG_LEVEL: 'warn',
  })
  if (!parsed.ok) throw new Error(parsed.problems.map(problem => `${problem.name}: ${problem.message}`).join('; '))
  const zaplog = await openZaplog(parsed.config, { logger: createLogger({ level: 'warn' }), version })
  return {
    simulator,
    zaplog,
    receiver,
    startedAt,
    call: (method, path, body) => callZaplog(zaplog, { method, path, body }),
    close: async () => {
      await zaplog.close()
      await Promise.all([receiver.close(), simulator.close()])
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Answers what is missing at the end; empty when all went well. */
async function perform(stage: Stage, say: Say, signal: AbortSignal): Promise<Missing> {
  say(`${pc.bold('zaplog demo')}: a simulated phone, the real Baileys, embedded parts. API at ${pc.cyan(stage.zaplog.url)}\n`)
  const { secret } = await stage.call('POST', '/v1/endpoints', {
    url: stage.receiver.url,
    eventTypes: ['message.*', 'instance.paired'],
  })
  stage.receiver.expectSecret(String(secret))
  await stage.call('POST', '/v1/instances', { id: 'demo', name: 'Demo' })
  const stages = followStages(stage.zaplog, { instanceId: 'demo', say, signal })
  await pairPhone(stage, say, signal)
  const played = await playConversation(stage.simulator, stage.simulator.device(PHONE), { signal, paceMs: 250 })
  const missing = await waitForWebhooks(stage.receiver, played, signal)
  stages.stop()
  return missing
}

async function pairPhone({ call, simulator }: Stage, say: Say, signal: AbortSignal): Promise<void> {
  const { qr } = await call('GET', '/v1/instances/demo/qr?wait=30')
  say(`${pc.dim('phone')}    scans the QR code`)
  await simulator.scanQr(String(qr), { pn: PHONE, name: 'Padaria' })
  while (!signal.aborted && (await call('GET', '/v1/instances/demo')).state !== 'open') await wait(50, signal)
  say(`${pc.dim('phone')}    is linked, the socket is open\n`)
}

async function waitForWebhooks(receiver: DemoReceiver, played: readonly Played[], signal: AbortSignal): Promise<Missing> {
  const giveUpAt = Date.now() + GIVE_UP_MS
  for (;;) {
    const missing = receiver.missing(played)
    if (missing.length === 0 || Date.now() > giveUpAt || signal.aborted) return missing
    await wait(50, signal)
  }
}

function summarise({ receiver, startedAt }: Stage, missing: Missing, { json, say }: { json: boolean; say: Say }): void {
  const counts = receiver.counts()
  if (json) process.stdout.write(`${JSON.stringify({ ...counts, missing, seconds: (Date.now() - startedAt) / 1000 })}\n`)
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
  say('')
  for (const line of missing) say(`${pc.red('missing')}  ${line}`)
  const verdict =
    missing.length === 0 ? pc.green('all webhooks arrived, in order, signatures verified') : pc.red(`${missing.length} missing`)
  say(`${verdict}: ${counts.received} webhooks, ${counts.files} files, ${counts.repeated} repeated attempts, ${seconds} s`)
}

async function stayOpen(stage: Stage, say: Say, signal: AbortSignal): Promise<void> {
  say(`\nStill running at ${pc.cyan(stage.zaplog.url)}; Ctrl-C ends it.`)
  await new Promise<void>(resolve => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

async function callZaplog(
  zaplog: Zaplog,
  call: { method: string; path: string; body: unknown },
): Promise<Record<string, unknown>> {
  const response = await fetch(new URL(call.path, zaplog.url), {
    method: call.method,
    headers: {
      authorization: `Bearer ${zaplog.adminKey?.value}`,
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${call.method} ${call.path} answered ${response.status}: ${text}`)
  return text === '' ? {} : JSON.parse(text)
}
