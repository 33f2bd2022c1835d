// A zaplog in a process of its own, that scenarios speak HTTP to, kill and start again on the same directory.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { withCompiledCode } from '../compiled-code.ts'
import { roomyMemory } from '../roomy-memory.ts'
import type { CrashPlan } from './crash-plan.ts'
import { killPostgres } from './its-postgres.ts'
import { mountingAt, ownMounts } from './own-disk.ts'
import type { SlowPlan } from './slow-statements.ts'

export type ZaplogProcess = Launched & {
  url: string
  key: string
  dataDir: string
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }>
  /** From now on the crash plan counts. */
  arm(): void
}
/** A zaplog on its way up: it may be killed before it listens. */
export type Launched = {
  pid: number
  /** Rejects when it ends before. */
  listening: Promise<ZaplogProcess>
  /** kill -9 of zaplog; its Postgres lives on, as after a crash. */
  kill(): Promise<void>
  /** kill -9 of zaplog and of its Postgres. */
  killEverything(): Promise<void>
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
  /** Resolves when the process has ended by itself. */
  ended: Promise<void>
  /** null while it runs, and when a signal ended it. */
  exitCode(): number | null
  /** What it wrote on stderr so far. */
  errors(): string
}
export type LaunchOptions = {
  dataDir: string
  env?: Record<string, string>
  plan?: CrashPlan | null
  slow?: SlowPlan | null
  /** A killed member of a consumer group delays those that live for 2 s at most. */
  shortSessions?: boolean
  /** After so long without a word from WhatsApp an open account is silent [10 min]; of `app` alone. */
  silentAfterMs?: number
  /** After so long without a 2xx an endpoint is counted as failing [5 min]; of `app` alone. */
  failingAfterMs?: number
  /** `start` is the command line's own, without anything planted [app] */
  program?: 'app' | 'start'
  /** Of another version's tree, for `start` [this one] */
  root?: string
  /** As another user. */
  uid?: number
  /** Most files and sockets that it may have open, and each program that it starts. */
  openFiles?: number
  /** DATA_DIR is a disk of its own of that size, which only this process sees (own-disk.ts) and which goes with it; of `app` alone. */
  diskBytes?: number
}

const app = fileURLToPath(new URL('./app.ts', import.meta.url))
const ownRoot = fileURLToPath(new URL('../../..', import.meta.url))

export function makeDataDir(): { path: string; remove(): void } {
  const path = mkdtempSync(join(roomyMemory(), 'zaplog-scenario-'))
  chmodSync(path, 0o711) // as root, the embedded Postgres runs as a user of its own
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export function launchZaplog(options: LaunchOptions): Launched {
  const { dataDir } = options
  const child = spawnProgram(options)
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const ended = once(child, 'close').then(() => undefined)
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  const launched = {
    pid: child.pid ?? 0,
    ended,
    kill,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
      return child.exitCode
    },
    exitCode: () => child.exitCode,
    errors: () => stderr,
    killEverything: async () => {
      await kill()
      await killPostgres(dataDir)
    },
  }
  const listening: Promise<ZaplogProcess> = firstLine(child, ended, { ...options, stderr: () => stderr }).then(
    ({ url, key }) => ({
      ...launched,
      listening,
      url,
      key,
      dataDir,
      call: (method, path, body) => call(url, key, { method, path, body }),
      arm: () => void child.kill('SIGUSR2'),
    }),
  )
  listening.catch(() => undefined) // whoever awaits it has the error; one that was killed on purpose needs nobody
  return { ...launched, listening }
}

export const scenarioEnv = (dataDir: string): Record<string, string> => ({
  DATA_DIR: dataDir,
  PORT: '0',
  WEBHOOK_ALLOW_LOOPBACK: 'true',
  LOG_LEVEL: 'warn',
  TOPIC_PARTITIONS: '4',
})

function spawnProgram({
  dataDir,
  env = {},
  plan = null,
  slow = null,
  shortSessions = false,
  silentAfterMs,
  failingAfterMs,
  program = 'app',
  root = ownRoot,
  uid,
  openFiles,
  diskBytes,
}: LaunchOptions) {
  const settings = { ...scenarioEnv(dataDir), ...env }
  const stdio = ['ignore', 'pipe', 'pipe'] satisfies ['ignore', 'pipe', 'pipe']
  return program === 'app'
    ? spawn(
        ...limited({ openFiles, disk: diskBytes === undefined ? null : { path: dataDir, bytes: diskBytes } }, [
          process.execPath,
          app,
          JSON.stringify({ env: settings, plan, slow, shortSessions, silentAfterMs, failingAfterMs }),
        ]),
        {
          stdio,
          env: { ...process.env, ...withCompiledCode },
        },
      )
    : spawn(process.execPath, [join(root, 'src/cli/zaplog.ts'), 'start'], {
        stdio,
        env: { PATH: process.env.PATH ?? '', ...withCompiledCode, ...settings },
        ...(uid === undefined ? {} : { uid }),
      })
}

type Limits = { openFiles: number | undefined; disk: { path: string; bytes: number } | null }

/** The program and its arguments, with the limits set by a shell that it takes the place of. */
function limited({ openFiles, disk }: Limits, [program = '', ...args]: readonly string[]): [string, string[]] {
  const limits = [...(disk === null ? [] : [mountingAt(disk)]), ...(openFiles === undefined ? [] : [`ulimit -n ${openFiles}`])]
  if (limits.length === 0) return [program, args]
  const shell = ['sh', '-c', `${limits.join(' && ')} && exec "$0" "$@"`, program, ...args]
  const [first = '', ...others] = disk === null ? shell : [...ownMounts, ...shell]
  return [first, others]
}

/** The app prints JSON; the command line prints where it listens, and keeps a key that it was not given in the directory. */
async function firstLine(child: ChildProcess, ended: Promise<void>, of: LaunchOptions & { stderr(): string }) {
  if (child.stdout === null) throw new Error('no stdout')
  const lines = createInterface({ input: child.stdout })
  const line = await Promise.race([once(lines, 'line').then(([text]) => String(text)), ended.then(() => null)])
  if (line === null)
    throw new Error(`zaplog ended with ${child.exitCode ?? child.signalCode} before it listened:\n${of.stderr()}`)
  const told: { url: string; key: string } = line.startsWith('{')
    ? JSON.parse(line)
    : { url: / (http:\S+)/.exec(line)?.[1] ?? '', key: of.env?.ADMIN_API_KEY ?? madeKey(of.dataDir) }
  return told
}

const madeKey = (dataDir: string): string => readFileSync(join(dataDir, 'admin-key'), 'utf8').trim()

async function call(url: string, key: string, of: { method: string; path: string; body: unknown }) {
  const response = await fetch(new URL(of.path, url), {
    method: of.method,
    headers: { authorization: `Bearer ${key}`, ...(of.body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(of.body === undefined ? {} : { body: JSON.stringify(of.body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) }
}
