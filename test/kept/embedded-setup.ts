// Everything embedded: what is kept is the data directory itself, as users have it. Its zaplog was killed, its Postgres stopped in peace.
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openEmbeddedPostgres } from '../../src/database/embedded.ts'
import { findServerUser } from '../../src/database/embedded-user.ts'
import { stopLeftOver } from '../../src/database/postmaster.ts'
import { openSession } from '../../src/database/session.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { embeddedGround } from '../ground/scenarios/embedded-ground.ts'
import { makeDataDir } from '../ground/scenarios/zaplog-process.ts'
import { packDirectory, unpackDirectory } from './archive.ts'
import { shiftInstants } from './instants.ts'
import type { KeptGround, KeptSetup } from './setup.ts'

const logger = createLogger({ level: 'silent' })
const never = new AbortController().signal
/** What is of one machine or one run: paths, process ids, and what servers said. */
const LEFT_OUT = /^(lock-|postgres\/server\.log|postgres\/cluster\/postmaster\.)/
const KEPT_SEGMENTS = /^[0-9A-F]{24}$/

export const embeddedSetup: KeptSetup = {
  name: 'embedded',
  end: zaplog => zaplog.kill(),
  make: async () => {
    const { path, remove } = makeDataDir()
    return {
      ...groundOf(path, remove),
      pack: async () => {
        await stopLeftOver(join(path, 'postgres', 'cluster'), logger)
        await shedOldLog(join(path, 'postgres'))
        return packDirectory(path, LEFT_OUT)
      },
    }
  },
  restore: async (archive, byMs) => {
    const { path, remove } = makeDataDir()
    const server = await findServerUser(logger)
    await unpackDirectory(archive, path, file => (file.startsWith('postgres') ? server : null))
    const postgres = await openEmbeddedPostgres({ dataDir: join(path, 'postgres'), logger, fsync: false })
    try {
      await shiftInstants(postgres.url, byMs)
    } finally {
      await postgres.close()
    }
    return groundOf(path, remove)
  },
}

function groundOf(dataDir: string, remove: () => void): KeptGround {
  const { env, openLog, close } = embeddedGround(dataDir, null)
  return {
    dataDir,
    env,
    openLog,
    close: async () => {
      await close()
      remove()
    },
  }
}

/**
 * Write-ahead log that a server which was stopped in peace does not need any more: segments before its last checkpoint, and those made in
 * advance, which are full of what earlier ones said. A switch leaves one that begins with the checkpoint and is empty from there on.
 */
async function shedOldLog(directory: string): Promise<void> {
  const segments = join(directory, 'cluster', 'pg_wal')
  const keepOnly = async (kept: string) => {
    for (const name of await readdir(segments)) if (KEPT_SEGMENTS.test(name) && name !== kept) await rm(join(segments, name))
  }
  await keepOnly(await currentSegment(directory, []))
  await keepOnly(await currentSegment(directory, ['select pg_switch_wal()', 'checkpoint']))
}

/** Of a server that has done this, and is stopped again. */
async function currentSegment(dataDir: string, statements: readonly string[]): Promise<string> {
  const postgres = await openEmbeddedPostgres({ dataDir, logger })
  try {
    const session = await openSession({ url: postgres.url, applicationName: 'kept fixture' }, never)
    for (const statement of statements) await session.query(statement)
    const [row] = await session.query<{ name: string }>('select pg_walfile_name(pg_current_wal_insert_lsn()) as name')
    await session.close()
    if (row === undefined) throw new Error('asking Postgres for its current segment: no answer')
    return row.name
  } finally {
    await postgres.close()
  }
}
