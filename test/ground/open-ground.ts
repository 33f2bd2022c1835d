// What all tests of a run share: one Postgres, and one Kafka, registry and S3 server. Each is started by the first test that asks,
// and gone with the run however it ends.
import { spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { type EmbeddedPostgres, openEmbeddedPostgres } from '../../src/database/embedded.ts'
import { migrate } from '../../src/database/migrate.ts'
import { openSession } from '../../src/database/session.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { openDesk } from './desk.ts'
import { askMachine } from './machine-parts.ts'
import { roomyMemory } from './roomy-memory.ts'
import { openSharedParts } from './scenarios/shared-parts.ts'

export const TEMPLATE = 'migrated_template'

export default async function setUp(project: TestProject) {
  const folder = onceAsked(() => openFolder(tmpdir()))
  const room = await openFolder(roomyMemory())
  process.env.TEST_ROOM = room.path // of all processes that the run starts from here on
  const database = onceAsked(() => openServer(room))
  const parts = onceAsked(async () => openSharedParts(join((await folder.ask()).path, 'parts')))
  const machine = askMachine()
  const desk = await openDesk({
    ...machine.answers,
    database: async () => (await database.ask()).url,
    parts: async () => JSON.stringify(await parts.ask()),
  })
  project.provide('desk', desk.url)
  return async () => {
    desk.close()
    const absences = await machine.absences()
    if (absences.length > 0) process.stdout.write(`left out: ${absences.join('; ')}\n`)
    for (const part of [parts, database, folder]) await part.opened()?.then(({ close }) => close(), told)
    await room.close()
  }
}

/** The test that asked has the error. */
const told = () => undefined

function onceAsked<Answer>(open: () => Promise<Answer>) {
  let opening: Promise<Answer> | null = null
  return {
    ask: () => {
      opening ??= open()
      return opening
    },
    /** null: nobody asked. */
    opened: () => opening,
  }
}

async function openServer({ path }: { path: string }) {
  const logger = createLogger({ level: 'warn' })
  const server = await openEmbeddedPostgres({ dataDir: join(path, 'postgres'), logger, fsync: false })
  await makeTemplate(server)
  return server
}

async function makeTemplate({ url }: EmbeddedPostgres): Promise<void> {
  const never = new AbortController().signal
  const session = await openSession({ url, applicationName: 'test template', statementTimeoutMs: 60_000 }, never)
  // Where a test wants a table analysed it says so: in the middle of a filling of 100,000 rows Postgres would find none, and plan for none.
  await session.query('alter system set autovacuum = off')
  await session.query('select pg_reload_conf()')
  await session.query(`create database ${TEMPLATE}`)
  await session.close()
  await migrate({ url: url.replace(/postgres$/, TEMPLATE), logger: createLogger({ level: 'warn' }) }, never)
}

async function openFolder(parent: string) {
  const path = await mkdtemp(join(parent, 'zaplog-test-'))
  await chmod(path, 0o711) // root's server runs as another user, who must get through
  const endWatch = removeWithUs(path)
  return {
    path,
    close: async () => {
      await rm(path, { recursive: true, force: true, maxRetries: 10 }) // a Postgres that a test killed may be ending still
      endWatch()
    },
  }
}

/**
 * A shell that outlives us: when its standard input ends without a word, we were killed, and it stops the Postgres and removes the files. Those of
 * single tests end by themselves within a minute of that, as Postgres does without its lock file, and may write until then.
 */
function removeWithUs(folder: string): () => void {
  const script = [
    'read word && exit',
    'pid="$0/postgres/cluster/postmaster.pid"',
    '[ -f "$pid" ] && kill -INT "$(head -n 1 "$pid")"',
    'i=0; while [ -f "$pid" ] && [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done',
    'i=0; while rm -rf "$0"; [ -e "$0" ] && [ $i -lt 90 ]; do sleep 1; i=$((i+1)); done',
  ].join('; ')
  const shell = spawn('sh', ['-c', script, folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  shell.on('error', () => undefined) // no sh: what a killed run leaves is left
  shell.stdin.on('error', () => undefined) // it is gone already
  shell.unref()
  return () => shell.stdin.end('closed\n')
}
