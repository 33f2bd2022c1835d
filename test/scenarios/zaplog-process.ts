// A zaplog in a process of its own, on embedded parts, that scenarios speak HTTP to, kill and start again on the same directory.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { until } from '../until.ts'
import type { CrashPlan } from './crash-plan.ts'

export type ZaplogProcess = {
  url: string
  key: string
  dataDir: string
  pid: number
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }>
  /** From now on the crash plan counts. */
  arm(): void
  /** kill -9 of zaplog; its Postgres lives on, as after a crash. */
  kill(): Promise<void>
  /** kill -9 of zaplog and of its Postgres. */
  killEverything(): Promise<void>
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
  /** Resolves when the process has ended by itself. */
  ended: Promise<void>
  /** What it wrote on stderr so far. */
  errors(): string
  postgresPid(): number | null
}

const app = fileURLToPath(new URL('./app.ts', import.meta.url))

export function makeDataDir(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'zaplog-scenario-'))
  chmodSync(path, 0o711) // as root, the embedded Postgres runs as a user of its own
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export async function startZaplog(options: {
  dataDir: string
  env?: Record<string, string>
  plan?: CrashPlan | null
}): Promise<ZaplogProcess> {
  const env = {
    DATA_DIR: options.dataDir,
    PORT: '0',
    WEBHOOK_ALLOW_LOOPBACK: 'true',
    LOG_LEVEL: 'warn',
    TOPIC_PARTITIONS: '4',
    ...options.env,
  }
  const child = spawn(process.execPath, [app, JSON.stringify({ env, plan: options.plan ?? null })], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const ended = once(child, 'exit').then(() => undefined)
  const { url, key } = await firstLine(child, ended, () => stderr)
  const pid = child.pid ?? 0

  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  const postgresPid = () => readPid(join(options.dataDir, 'postgres', 'postmaster.pid'))
  return {
    url,
    key,
    dataDir: options.dataDir,
    pid,
    ended,
    kill,
    postgresPid,
    errors: () => stderr,
    call: (method, path, body) => call(url, key, { method, path, body }),
    arm: () => void child.kill('SIGUSR2'),
    killEverything: async () => {
      const postmaster = postgresPid()
      await kill()
      if (postmaster === null) return
      process.kill(postmaster, 'SIGKILL')
      await until('the killed Postgres to be gone', () => !isAlive(postmaster))
    },
    stop: async () => {
      child.kill('SIGTERM')
      await ended
      return child.exitCode
    },
  }
}

async function firstLine(child: ChildProcess, ended: Promise<void>, stderr: () => string): Promise<{ url: string; key: string }> {
  if (child.stdout === null) throw new Error('no stdout')
  const lines = createInterface({ input: child.stdout })
  const line = await Promise.race([once(lines, 'line').then(([text]) => String(text)), ended.then(() => null)])
  if (line === null)
    throw Object.assign(new Error(`zaplog ended with ${child.exitCode} before it listened:\n${stderr()}`), {
      exitCode: child.exitCode,
    })
  return JSON.parse(line)
}

async function call(url: string, key: string, of: { method: string; path: string; body: unknown }) {
  const response = await fetch(new URL(of.path, url), {
    method: of.method,
    headers: { authorization: `Bearer ${key}`, ...(of.body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(of.body === undefined ? {} : { body: JSON.stringify(of.body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) }
}

function readPid(file: string): number | null {
  try {
    return Number(readFileSync(file, 'utf8').split('\n')[0])
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

/** A process that has ended and that nobody has reaped yet still answers signals: its state tells. */
function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}
