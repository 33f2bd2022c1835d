// A fresh database with every migration, on the run's own server, dropped when it is closed.
import type { Database } from '../../src/database/database.ts'
import { openPostgres } from '../../src/database/postgres.ts'
import { openSession } from '../../src/database/session.ts'
import type { Logger } from '../../src/runtime/logger.ts'
import { askDesk } from './ask-desk.ts'

export type TestDatabase = { url: string; database: Database; close(): Promise<void> }

const MAX_NAME = 40
const MIGRATED = 'migrated_template'
const never = new AbortController().signal
const quiet: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
let made = 0

/** `name` is for people who look at the server; databases of equal names are apart. `empty`: without migrations. */
export async function openTestDatabase(
  name: string,
  options: { poolSize?: number; logger?: Logger; empty?: boolean } = {},
): Promise<TestDatabase> {
  const serverUrl = await askDesk('database')
  const databaseName = `${sanitize(name)}_${process.pid}_${++made}`
  await administer(
    serverUrl,
    `create database ${databaseName} template ${options.empty === true ? 'template0' : MIGRATED} strategy file_copy`,
  )
  const url = serverUrl.replace(/postgres$/, databaseName)
  const { poolSize = 5, logger = quiet } = options
  const database = await openPostgres({ url, poolSize, applicationName: databaseName, logger })
  return {
    url,
    database,
    close: async () => {
      await database.close()
      await administer(serverUrl, `drop database if exists ${databaseName} with (force)`)
    },
  }
}

async function administer(url: string, statement: string): Promise<void> {
  const session = await openSession(
    { url, applicationName: 'test database', statementTimeoutMs: 60_000, lockTimeoutMs: 60_000 },
    never,
  )
  try {
    await session.query(statement)
  } finally {
    await session.close()
  }
}

const sanitize = (name: string) =>
  `t_${name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, MAX_NAME)}`
