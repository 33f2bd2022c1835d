// zaplog as people run it: its command line in a process of its own, everything at its defaults but for where things are.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { databaseUrlOf } from '../test/ground/scenarios/its-postgres.ts'
import { openDirectory } from './ground.ts'
import { type Posted, post } from './post.ts'
import { inspected, watchProcess } from './profile.ts'
import { loadStatements, openStatements, type Statements } from './statements.ts'

export type Zaplog = {
  url: string
  /** Of its process, whose children are Postgres and whatever else it started. */
  pid: number
  /** The answer of a call that has to succeed. */
  ask(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>
  /** What is to be accepted. */
  post(path: string, body: unknown): Promise<Posted>
  metric: Metric<Promise<number>>
  /** All metrics as they are at one moment: asking for them costs zaplog time. */
  scrape(): Promise<Metric<number>>
  /** Of its embedded Postgres; null where it has none. */
  statements: Statements | null
  /** How many lines of its log, warnings or worse, were about this event. */
  said(event: string): number
}
/** The sum of a metric over its labels; with `labelled` only of lines that contain it, e.g. 'type="message.received"'. */
export type Metric<Answer> = (name: string, labelled?: string) => Answer

const commandLine = fileURLToPath(new URL('../zaplog', import.meta.url))
const adminKey = randomBytes(16).toString('hex')

/** On embedded parts and a directory of its own where `env` does not say otherwise. Stopped, and the directory removed, by `closing`. */
export async function openZaplog(closing: AsyncDisposableStack, env: Record<string, string>): Promise<Zaplog> {
  const dataDir = env.DATA_DIR ?? (await openDirectory(closing))
  const isCounted = env.DATABASE_URL === undefined
  if (isCounted) await loadStatements(join(dataDir, 'postgres'))
  const child = launchZaplog(closing, { ...env, DATA_DIR: dataDir })
  const { pid } = child
  if (child.stdout === null || pid === undefined) throw new Error('starting zaplog: it has no standard output')
  const counts = countEvents(child)
  const lines = createInterface({ input: child.stdout })
  const [line] = await Promise.race([once(lines, 'line'), once(child, 'exit')])
  const url = /listens on (\S+)/.exec(String(line))?.[1]
  if (url === undefined) throw new Error(`starting zaplog: it said ${line}`)
  const statements = isCounted ? await openStatements(closing, databaseUrlOf(dataDir)) : null
  return { pid, url, statements, said: event => counts.get(event) ?? 0, ...callsOf(url) }
}

function callsOf(url: string): Pick<Zaplog, 'ask' | 'post' | 'metric' | 'scrape'> {
  const authorization = `Bearer ${adminKey}`
  const scrape = async (): Promise<Metric<number>> => {
    const scraped = await fetch(new URL('/metrics', url), { headers: { authorization } })
    const lines = (await scraped.text()).split('\n')
    return (name, labelled = '') =>
      lines
        .filter(line => /^[^{ ]*/.exec(line)?.[0] === name && line.includes(labelled))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
  }
  return {
    ask: async (method, path, body) => {
      const headers = { authorization, 'content-type': 'application/json' }
      const answer = await fetch(new URL(path, url), {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${method} ${path}: zaplog answered ${answer.status} ${text}`)
      return text === '' ? {} : JSON.parse(text)
    },
    post: (path, body) => post(new URL(path, url), { authorization, body }),
    scrape,
    metric: async (name, labelled) => (await scrape())(name, labelled),
  }
}

/** Its log goes to nobody: at its default level, it is written all the same. */
export function launchZaplog(closing: AsyncDisposableStack, env: Record<string, string>): ChildProcess {
  const child = spawn(commandLine, ['start'], {
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      WEBHOOK_ALLOW_LOOPBACK: 'true',
      ADMIN_API_KEY: adminKey,
      NO_COLOR: '1',
      ...inspected(),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const sayIfError = (line: string) => void (isError(line) && process.stderr.write(`zaplog: ${line}\n`))
  createInterface({ input: child.stderr }).on('line', sayIfError)
  closing.defer(() => stop(child))
  watchProcess(closing, child)
  return child
}

function countEvents({ stderr }: ChildProcess): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  if (stderr === null) throw new Error('starting zaplog: it has no standard error')
  createInterface({ input: stderr }).on('line', line => {
    const event = /^\{"level":[4-6]\d.*"event":"([^"]+)"/.exec(line)?.[1]
    if (event !== undefined) counts.set(event, (counts.get(event) ?? 0) + 1)
  })
  return counts
}

const isOfInspector = /^(Debugger (listening|attached|ending)|For help, see|Waiting for the debugger)/
/** pino's levels: 50 is an error; what is no JSON comes from Node. */
const isError = (line: string): boolean => (!line.startsWith('{') && !isOfInspector.test(line)) || line.startsWith('{"level":50')

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
  }
  if (child.exitCode !== 0) throw new Error(`stopping zaplog: it ended with ${child.signalCode ?? child.exitCode}`)
}
