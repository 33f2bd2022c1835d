// A server as a child process: up when it answers, killed and started again at will, and gone with us however we end.
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'

export type ServerCommand = {
  /** For messages. */
  name: string
  command: string
  args: readonly string[]
  cwd?: string
  /** The whole environment, but for PATH and HOME. */
  env?: Readonly<Record<string, string>>
  /** Whether it answers; asked until it does. */
  isUp(): Promise<boolean>
  startWithinMs: number
  /** How long it may take to end before it is killed [5,000]. */
  stopWithinMs?: number
}
export type ServerProcess = {
  /** As kill -9; resolves when it is gone. */
  kill(): Promise<void>
  /** After kill(): the same command again; resolves when it answers. */
  start(): Promise<void>
  close(): Promise<void>
  /** Resolves with its last words when it ends without being told to; never rejects. */
  ended: Promise<string>
}
type Running = { child: ChildProcess; exited: Promise<string>; stopWithinMs: number }

const PROBE_MS = 25
const STOP_WITHIN_MS = 5_000
const TOLD_CHARACTERS = 500

/** Rejects with what it said last; with an AbortError when the signal aborts first. Afterwards the signal is of no concern. */
export async function startServerProcess(server: ServerCommand, signal?: AbortSignal): Promise<ServerProcess> {
  const ended = Promise.withResolvers<string>()
  let running: Running | null = null
  const start = async (until?: AbortSignal) => {
    const started = await startUntilUp(server, until)
    running = started
    void started.exited.then(said => {
      if (running === started) ended.resolve(`${server.name}: ${said}`)
    })
  }
  await start(signal)
  const end = async (signal: NodeJS.Signals) => {
    const ending = running
    running = null
    if (ending !== null) await endProcess(ending, signal)
  }
  return {
    kill: () => end('SIGKILL'),
    start: async () => {
      if (running === null) await start()
    },
    close: () => end('SIGTERM'),
    ended: ended.promise,
  }
}

async function startUntilUp(server: ServerCommand, signal?: AbortSignal): Promise<Running> {
  const running = spawnServer(server)
  let lastWords: string | null = null
  void running.exited.then(said => {
    lastWords = said
  })
  const endAt = performance.now() + server.startWithinMs
  while (lastWords === null && signal?.aborted !== true && performance.now() < endAt) {
    if (await server.isUp()) return running
    await new Promise(resolve => setTimeout(resolve, PROBE_MS))
  }
  const problem = lastWords ?? `it did not answer within ${server.startWithinMs} ms`
  await endProcess(running, 'SIGKILL')
  signal?.throwIfAborted()
  throw new Error(`starting ${server.name}: ${problem}`)
}

function spawnServer({ command, args, cwd, env, stopWithinMs = STOP_WITHIN_MS }: ServerCommand): Running {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(command, args, {
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // Ctrl-C reaches the whole process group: when it ends is for us to say
    ...(cwd !== undefined && { cwd }),
  })
  let said = ''
  for (const output of [child.stdout, child.stderr])
    output.setEncoding('utf8').on('data', text => {
      said = (said + text).slice(-TOLD_CHARACTERS)
    })
  const endWatch = killWithUs(child)
  const exited = new Promise<string>(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('close', (code, signal) => resolve(`it ended with ${signal ?? `exit code ${code}`}: ${said.trim()}`))
  })
  void exited.then(endWatch)
  return { child, exited, stopWithinMs }
}

async function endProcess({ child, exited, stopWithinMs }: Running, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal)
  const impatience = setTimeout(() => child.kill('SIGKILL'), stopWithinMs)
  await exited
  clearTimeout(impatience)
}

/** A shell that outlives us: when its standard input ends without a word, we were killed, and it kills the server. */
function killWithUs({ pid }: ChildProcess): () => void {
  if (pid === undefined) return () => undefined
  const shell = spawn('sh', ['-c', 'read word && exit; kill -KILL "$0"', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  shell.on('error', () => undefined) // no sh: then nothing watches, and close() still ends the server
  shell.stdin.on('error', () => undefined) // it is gone already
  shell.unref()
  return () => shell.stdin.end('closed\n')
}

/** Free when asked; the port stays the same over restarts. */
export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise(resolve => probe.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('looking for a free port: got none')
  return address.port
}

/** For isUp: whether an HTTP server answers 200 there. */
export const answersOk = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    async response => {
      await response.body?.cancel()
      return response.ok
    },
    () => false,
  )
