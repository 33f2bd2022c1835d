// Starts one PostgreSQL server on a cluster directory and resolves when it answers queries.
import { spawn } from 'node:child_process'
import { constants, open, readFile, rename } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describeError, type Logger } from '../runtime/logger.ts'
import { readIfThere } from '../runtime/read-if-there.ts'
import { wait } from '../runtime/wait.ts'
import { DatabaseError } from './database.ts'
import { type Cluster, serverEnvironment } from './embedded-cluster.ts'
import { embeddedError } from './embedded-errors.ts'
import { stopPostmaster } from './postmaster.ts'
import { openSession } from './session.ts'

export type ServerSettings = { cluster: Cluster; port: number; fsync: boolean; logger: Logger }
export type Server = {
  pid: number | undefined
  /** Resolves with what the server said last, when it has ended for whatever reason. */
  exited: Promise<string>
  stop(): Promise<void>
}

const PROBE_MS = 25
const STILL_STARTING_MS = 10_000
const MAX_LOG_BYTES = 1_048_576
const TOLD_CHARACTERS = 500

/** Rejects with DatabaseError; `unreachable` where another try may help. Recovery after a crash takes as long as it takes. */
export async function startServer(settings: ServerSettings, signal: AbortSignal, spawned?: () => void): Promise<Server> {
  const server = await spawnServer(settings)
  try {
    spawned?.()
    await answers(server, settings, signal)
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function spawnServer(settings: ServerSettings): Promise<Server> {
  const { cluster, port } = settings
  const log = await openLog(join(cluster.dataDir, 'server.log'))
  const child = spawn(cluster.binaries.postgres, ['-D', cluster.pathForServer, '-p', String(port), ...flags(settings)], {
    ...cluster.user,
    cwd: cluster.path,
    env: serverEnvironment,
    stdio: ['ignore', log.file.fd, log.file.fd],
    detached: true, // Ctrl-C reaches the whole process group, and the server must outlive our roles
  })
  const exited = new Promise<string>(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : signal))
  }).then(async how => `${how}: ${await log.lastWords().catch(describeError)}`)
  await log.file.close()
  const { pid } = child
  return {
    pid,
    exited,
    stop: async () => {
      if (pid !== undefined) await stopPostmaster(pid, cluster.path)
      await exited
    },
  }
}

function flags({ fsync }: ServerSettings): readonly string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '100',
    shared_buffers: '64MB',
    // Statements are what clients report themselves, and details quote rows.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
    lc_messages: 'C',
    // A backend whose client vanished in the middle of a statement gives its locks back.
    client_connection_check_interval: '2s',
    ...(fsync ? {} : { fsync: 'off', full_page_writes: 'off', max_wal_senders: '0', wal_level: 'minimal' }),
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** Until a query is answered; ends early when the server does. */
async function answers(server: Server, settings: ServerSettings, signal: AbortSignal): Promise<void> {
  const ended = new AbortController()
  let last: string | null = null
  void server.exited.then(said => {
    last = said
    ended.abort()
  })
  const either = AbortSignal.any([signal, ended.signal])
  const startedAt = performance.now()
  for (let told = 0; !either.aborted; await wait(PROBE_MS, either)) {
    if (await isAnswering(settings, either)) return
    const waitedMs = performance.now() - startedAt
    if (waitedMs < (told + 1) * STILL_STARTING_MS) continue
    told++
    settings.logger.info('postgres.still-starting', { pid: server.pid, waitedMs: Math.round(waitedMs) })
  }
  if (last === null) throw new DatabaseError('aborted', `starting PostgreSQL in ${settings.cluster.path}: told to stop (aborted)`)
  throw embeddedError(`starting PostgreSQL in ${settings.cluster.path}`, last)
}

async function isAnswering({ port, cluster }: ServerSettings, signal: AbortSignal): Promise<boolean> {
  try {
    const session = await openSession({ url: cluster.urlOf(port), applicationName: 'zaplog probe' }, signal)
    await session.close()
    return true
  } catch (error) {
    if (error instanceof DatabaseError && (error.retryable || error.code === 'aborted')) return false
    throw error
  }
}

/** Root writes into a directory of the server's user: never through a link. */
const APPEND_HERE = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0)

/** One file, begun anew when it has grown; the one before is kept. */
async function openLog(path: string) {
  const grownBytes = Buffer.byteLength((await readIfThere(path)) ?? '')
  if (grownBytes > MAX_LOG_BYTES) await rename(path, `${path}.1`)
  const fromByte = grownBytes > MAX_LOG_BYTES ? 0 : grownBytes
  const file = await open(path, APPEND_HERE, 0o600)
  const lastWords = async (): Promise<string> => {
    const text = (await readFile(path)).subarray(fromByte).toString('utf8').trim()
    return text.slice(-TOLD_CHARACTERS).replace(/\s*\n\s*/g, ' | ')
  }
  return { file, lastWords }
}

/** Another program may take it before we do: callers try again with the next. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}
