// One embedded Postgres per test run, started by the first test that asks, gone with the run however it ends.
import { spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { type EmbeddedPostgres, openEmbeddedPostgres } from '../src/database/embedded.ts'
import { migrate } from '../src/database/migrate.ts'
import { openSession } from '../src/database/session.ts'
import { createLogger, describeError } from '../src/runtime/logger.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Answers the URL of the run's server, as text; a database of the name below is there to copy. */
    databaseDesk: string
  }
}

export const TEMPLATE = 'migrated_template'

export default async function setUp(project: TestProject) {
  let opening: ReturnType<typeof openServer> | null = null
  const desk = createServer((_, response) => {
    opening ??= openServer()
    opening.then(
      ({ url }) => response.end(url),
      error => response.writeHead(500).end(describeError(error)),
    )
  })
  await new Promise<void>(resolve => desk.listen(0, '127.0.0.1', resolve))
  const address = desk.address()
  if (address === null || typeof address === 'string') throw new Error('the desk has no port')
  project.provide('databaseDesk', `http://127.0.0.1:${address.port}/`)
  return async () => {
    desk.close()
    desk.closeAllConnections()
    await opening?.then(
      server => server.close(),
      () => undefined, // the test that asked has the error
    )
  }
}

async function openServer() {
  const folder = await mkdtemp(join(tmpdir(), 'zaplog-test-'))
  await chmod(folder, 0o711) // root's server runs as another user, who must get through
  const logger = createLogger({ level: 'warn' })
  const server = await openEmbeddedPostgres({ dataDir: join(folder, 'postgres'), logger, fsync: false })
  const endWatch = removeWithUs(folder)
  await makeTemplate(server)
  return {
    url: server.url,
    close: async () => {
      await server.close()
      await rm(folder, { recursive: true, force: true })
      endWatch()
    },
  }
}

async function makeTemplate({ url }: EmbeddedPostgres): Promise<void> {
  const never = new AbortController().signal
  const session = await openSession({ url, applicationName: 'test template', statementTimeoutMs: 60_000 }, never)
  await session.query(`create database ${TEMPLATE}`)
  await session.close()
  await migrate({ url: url.replace(/postgres$/, TEMPLATE), logger: createLogger({ level: 'warn' }) }, never)
}

/** A shell that outlives us: when its standard input ends without a word, we were killed, and it stops the server and removes its files. */
function removeWithUs(folder: string): () => void {
  const script = 'read word && exit; kill -INT "$(head -n 1 "$0/postgres/cluster/postmaster.pid")"; sleep 2; rm -rf "$0"'
  const shell = spawn('sh', ['-c', script, folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  shell.unref()
  return () => shell.stdin.end('closed\n')
}
