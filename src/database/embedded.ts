// A PostgreSQL of our own in a directory: made once, started, restarted when it dies, stopped on close; what a killed process left is replaced.
import { resolve } from 'node:path'
import type { Logger } from '../runtime/logger.ts'
import { aborted } from '../runtime/or-abort.ts'
import { backoffMs, wait } from '../runtime/wait.ts'
import { DatabaseError } from './database.ts'
import { makeCluster } from './embedded-cluster.ts'
import { freePort, type Server, type ServerSettings, startServer } from './embedded-server.ts'
import { isStopping, stopLeftOver } from './postmaster.ts'

type Options = {
  dataDir: string
  logger: Logger
  /** false loses everything in a power cut: for tests only. */
  fsync?: boolean
  /** Default: a free one. */
  port?: number
  /** Called when its process is there, and long before it answers; once for each attempt. */
  spawned?: () => void
}
export type EmbeddedPostgres = {
  /** Of a superuser, on loopback, with a password made for this directory. */
  url: string
  /** What keeps it from letting anybody in, and what is done about it; null: nothing. */
  trouble(): string | null
  /** Disconnects everybody, checkpoints, stops. Idempotent. */
  close(): Promise<void>
}

const START_ATTEMPTS = 40
const START_RETRY_MS = 250
/** At its lock file, whether it is shutting down. */
const LOOK_EVERY_MS = 500
const RESTART_BASE_MS = 100
const RESTART_CAP_MS = 5_000

/** Rejects with DatabaseError where the directory, the user or the disk do not allow it. One process at a time: see openDataDir. */
export async function openEmbeddedPostgres(options: Options): Promise<EmbeddedPostgres> {
  const { logger, fsync = true } = options
  const closing = new AbortController()
  const cluster = await makeCluster({ dataDir: resolve(options.dataDir), fsync, logger })
  await stopLeftOver(cluster.path, logger)
  const { server, settings } = await startFirst({ cluster, fsync, logger }, options, closing.signal)
  logger.info('postgres.started', { pid: server.pid, port: settings.port, dataDir: options.dataDir })
  let trouble: string | null = null
  const say = (what: string | null) => {
    trouble = what
  }
  const running = keepRunning(server, { settings, say }, closing.signal)
  return {
    url: cluster.urlOf(settings.port),
    trouble: () => trouble,
    close: async () => {
      closing.abort()
      await running
    },
  }
}

type First = Pick<Options, 'port' | 'spawned'>

/** A free port may be taken by the time the server wants it, and processes of an earlier server may still be ending. */
async function startFirst(of: Omit<ServerSettings, 'port'>, { port, spawned }: First, signal: AbortSignal) {
  for (let attempt = 1; ; attempt++) {
    const settings = { ...of, port: port ?? (await freePort()) }
    try {
      return { settings, server: await startServer(settings, signal, spawned) }
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== 'unreachable' || attempt === START_ATTEMPTS) throw error
      of.logger.info('postgres.start-repeated', { attempt, retryInMs: START_RETRY_MS, error })
      await wait(START_RETRY_MS, signal)
    }
  }
}

type Keeping = { settings: ServerSettings; say(trouble: string | null): void }

/** The url names the port, so every restart takes the same one. Clients see their connections break, and come back. */
async function keepRunning(first: Server, { settings, say }: Keeping, signal: AbortSignal): Promise<void> {
  let server: Server | null = first
  while (server !== null) {
    const end = await endOf(server, settings, signal)
    if (end.kind === 'told') return await server.stop()
    say(`the server ${end.kind === 'stopping' ? 'is shutting down, told by somebody else' : 'has ended'}; it is started again`)
    if (end.kind === 'exited') settings.logger.error('postgres.exited', { pid: server.pid, said: end.said })
    if (end.kind === 'stopping') await finishStop(server, settings)
    server = await restart(settings, signal)
    say(null)
  }
}

/** A smart shutdown waits for our sessions, which last, and lets in no others: it is ended as one that does not wait. */
async function finishStop(server: Server, { logger }: ServerSettings): Promise<void> {
  logger.error('postgres.shutting-down', { pid: server.pid, doing: 'ending its shutdown, then starting it again' })
  await server.stop().catch(error => logger.error('postgres.not-ended', { pid: server.pid, error })) // a restart tries again
}

type End = { kind: 'told' } | { kind: 'exited'; said: string } | { kind: 'stopping' }

async function endOf(server: Server, { cluster, logger }: ServerSettings, signal: AbortSignal): Promise<End> {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  try {
    return await Promise.race([
      server.exited.then((said): End => ({ kind: 'exited', said })),
      aborted(signal).then((): End => ({ kind: 'told' })),
      untilStopping(cluster.path, logger, either).then((): End => ({ kind: 'stopping' })),
    ])
  } finally {
    over.abort()
  }
}

/** Never resolves once the signal aborts. */
async function untilStopping(cluster: string, logger: Logger, signal: AbortSignal): Promise<void> {
  while (await wait(LOOK_EVERY_MS, signal)) if (await looked()) return
  await new Promise(() => undefined)

  /** A look that fails says nothing of the server: another follows. */
  async function looked(): Promise<boolean> {
    try {
      return await isStopping(cluster)
    } catch (error) {
      logger.debug('postgres.lock-file-unread', { error })
      return false
    }
  }
}

/** null once told to stop. */
async function restart(settings: ServerSettings, signal: AbortSignal): Promise<Server | null> {
  for (let attempt = 1; ; attempt++) {
    const retryInMs = backoffMs({ attempt, baseMs: RESTART_BASE_MS, capMs: RESTART_CAP_MS, jitter: 0, random: 0 })
    if (!(await wait(retryInMs, signal))) return null
    try {
      await stopLeftOver(settings.cluster.path, settings.logger)
      const server = await startServer(settings, signal)
      settings.logger.warn('postgres.restarted', { pid: server.pid, attempt })
      return server
    } catch (error) {
      if (signal.aborted) return null
      settings.logger.error('postgres.restart-failed', { attempt, error })
    }
  }
}
