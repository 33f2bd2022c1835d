// What everything stands on: the data directory, the keys, and a migrated Postgres, embedded or external.
import { randomBytes } from 'node:crypto'
import { readKnown } from '../database/compare-migrations.ts'
import type { ConnectionTarget } from '../database/connection-settings.ts'
import { type EmbeddedPostgres, openEmbeddedPostgres } from '../database/embedded.ts'
import { migrate } from '../database/migrate.ts'
import type { Config } from '../runtime/config.ts'
import { type DataDir, openDataDir } from '../runtime/data-dir.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Check } from '../runtime/role.ts'
import { createSealer, type Sealer } from '../runtime/seal.ts'
import { closeAll } from './close-all.ts'
import type { Parts } from './parts.ts'
import type { Waits } from './waits.ts'

export type AdminKey = { value: string; file: string; created: boolean }
export type Ground = {
  dataDir: DataDir
  database: Required<Pick<ConnectionTarget, 'url' | 'sslCa' | 'log' | 'knows'>>
  sealer: Sealer
  adminKeyValue: string
  /** null where the configuration gave it. */
  adminKey: AdminKey | null
  /** What keeps the embedded server from letting anybody in. */
  checks(): readonly Check[]
  close(): Promise<void>
}

const KEY_BYTES = 32

type Deps = {
  parts: Parts
  waits: Waits
  logger: Logger
  /** Called as soon as there is nothing to do but wait for Postgres. */
  meanwhile(): void
  /**
   * Where it rejects nothing of the database is changed. What it leaves behind then is its own to close: it is called again while Postgres is away.
   * Its sessions say nothing of migrations: the tables that would admit them may not be there.
   */
  beforeMigrating?(database: Omit<Ground['database'], 'knows'>, signal: AbortSignal): Promise<void>
}

export async function openGround(config: Config, deps: Deps): Promise<Ground> {
  const { parts, waits, logger, meanwhile, beforeMigrating } = deps
  const dataDir = await openDataDir({ logger }, config.dataDir)
  const opened: { close(): Promise<void> }[] = [dataDir]
  const close = () => closeAll(opened, logger)
  try {
    const { sealer, adminKey, adminKeyValue } = await openKeys(config, dataDir)
    const server = await openServer(config, { dataDir: dataDir.file('postgres'), logger, spawned: meanwhile })
    if (server !== null) opened.push(server)
    const log = config.kafka.brokers === null ? 'postgres' : 'kafka'
    const reached = { url: server?.url ?? config.database.url ?? '', sslCa: config.database.sslCa, log } as const
    const database = { ...reached, knows: await readKnown() }
    if (beforeMigrating !== undefined) await waits.waitFor(parts.postgres, signal => beforeMigrating(reached, signal))
    await waits.waitFor(parts.postgres, signal => migrate({ ...database, logger }, signal))
    return { dataDir, database, sealer, adminKey, adminKeyValue, checks: () => checksOf(server), close }
  } catch (error) {
    await close().catch(() => undefined) // it is said; what went wrong first matters more
    throw error
  }
}

/** null: it is somebody else's. */
async function openServer(
  { database }: Config,
  options: Parameters<typeof openEmbeddedPostgres>[0],
): Promise<EmbeddedPostgres | null> {
  if (database.url === null) return openEmbeddedPostgres(options)
  options.spawned?.()
  return null
}

function checksOf(server: EmbeddedPostgres | null): readonly Check[] {
  const trouble = server?.trouble() ?? null
  return trouble === null ? [] : [{ name: 'embedded postgres', state: 'degraded', detail: trouble }]
}

/** Made at the first start where the configuration gives none; afterwards always the same. */
async function openKeys({ keys }: Config, dataDir: DataDir) {
  const current = keys.encryptionKey ?? Buffer.from((await dataDir.readOrCreateSecret('encryption-key', newKey)).value, 'base64')
  const sealer = createSealer({ current, previous: keys.encryptionKeyPrevious })
  if (keys.adminApiKey !== null) return { sealer, adminKeyValue: keys.adminApiKey, adminKey: null }
  const made = await dataDir.readOrCreateSecret('admin-key', () => randomBytes(KEY_BYTES).toString('base64url'))
  return { sealer, adminKeyValue: made.value, adminKey: { ...made, file: dataDir.file('admin-key') } }
}

const newKey = () => randomBytes(KEY_BYTES).toString('base64')
