// zaplog dev services as a process of its own, and what it leaves behind.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { parseEnv } from 'node:util'
import { launchVerb, type Verb } from '../cli/verb.ts'
import { until } from '../until.ts'

export type ServicesProcess = Verb & {
  /** The settings it prints when all are up; rejects with what it said when it ends before. */
  settings(): Promise<Record<string, string>>
  /** The pids of the servers it runs. */
  servers(): readonly number[]
}

/** Written in one piece, when all are up. */
const SETTINGS = /^([A-Z0-9_]+=.*\n)+$/
const STARTED_WITHIN_MS = 120_000

/** With our own environment where none is given: the servers are fetched to, and found in, the caches of this user. */
export function launchServices(args: readonly string[], env: NodeJS.ProcessEnv = process.env): ServicesProcess {
  const verb = launchVerb(['dev', 'services', ...args], env)
  return {
    ...verb,
    settings: async () => {
      await verb.says(SETTINGS, STARTED_WITHIN_MS)
      return Object.fromEntries(Object.entries(parseEnv(verb.stdout())).map(([name, value]) => [name, value ?? '']))
    },
    servers: () =>
      childrenOf(verb.pid)
        .filter(one => one.command !== 'sh')
        .map(one => one.pid),
  }
}

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
