// zaplog dev services as a process of its own, and what it leaves behind.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { until } from '../until.ts'

export type ServicesProcess = {
  pid: number
  /** The settings it prints when all are up; rejects with what it said when it ends before. */
  settings(): Promise<Record<string, string>>
  signal(name: NodeJS.Signals): void
  /** Resolves with the exit code; null when a signal ended it. */
  ended: Promise<number | null>
  /** What it wrote on stderr so far. */
  said(): string
  /** The pids of the servers it runs. */
  servers(): readonly number[]
}

const commandLine = fileURLToPath(new URL('../../src/cli/zaplog.ts', import.meta.url))
/** What may begin a line of settings. */
const SETTING = /^[A-Z0-9_]+=/

export function launchServices(args: readonly string[], env: NodeJS.ProcessEnv = process.env): ServicesProcess {
  const child = spawn(process.execPath, [commandLine, 'dev', 'services', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const ended = once(child, 'close').then(([code]) => code)
  const pid = child.pid ?? 0
  const servers = () => childrenOf(pid).filter(one => one.command !== 'sh')
  return {
    pid,
    ended,
    settings: async () => {
      await Promise.race([
        until('the settings of the services', () => SETTING.test(stdout) && stdout.endsWith('\n'), STARTED_WITHIN_MS),
        ended.then(code => Promise.reject(new Error(`it ended with ${code}: ${stderr}`))),
      ])
      return Object.fromEntries(Object.entries(parseEnv(stdout)).map(([name, value]) => [name, value ?? '']))
    },
    signal: name => void child.kill(name),
    said: () => stderr,
    servers: () => servers().map(one => one.pid),
  }
}

const STARTED_WITHIN_MS = 120_000

function childrenOf(parent: number): readonly { pid: number; command: string }[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,comm='], { encoding: 'utf8' }).split('\n')
  return lines
    .map(line => line.trim().split(/\s+/))
    .filter(([, ppid]) => Number(ppid) === parent)
    .map(([pid, , command = '']) => ({ pid: Number(pid), command }))
    .filter(({ command }) => command !== 'ps')
}

export function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}

/** Until close() nobody else can have the port. */
export async function occupy(port: number): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}

/** The first of four ports in a row that nobody has. */
export async function freePortBase(): Promise<number> {
  return await until('four free ports in a row', async () => {
    const first = await occupy(0)
    await first.close()
    try {
      for (const offset of [0, 1, 2, 3]) await (await occupy(first.port + offset)).close()
      return first.port
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return null
      throw error
    }
  })
}
