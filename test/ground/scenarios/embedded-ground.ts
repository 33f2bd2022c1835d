// Everything embedded: Postgres, the log in it and the files are zaplog's own, in its data directory.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openFilesystemStore } from '../../../src/objects/filesystem.ts'
import { createLogger } from '../../../src/runtime/logger.ts'
import type { Ground, Part } from './ground.ts'
import { databaseUrlOf, freezePostgres, killPostgres } from './its-postgres.ts'
import { openItsPostgresLog } from './its-postgres-log.ts'

const logger = createLogger({ level: 'silent' })
const prefixes = { topic: 'wa.', group: 'zaplog.' }

/** `prepareStore` sees the directory of the files before anything is in it. */
export function embeddedGround(dataDir: string, prepareStore: ((directory: string) => void) | null): Ground {
  const directory = join(dataDir, 'objects')
  if (prepareStore !== null) mkdirSync(directory)
  prepareStore?.(directory)
  const postgres: Part = {
    kill: () => killPostgres(dataDir),
    start: async () => undefined,
    freeze: () => freezePostgres(dataDir),
  }
  return {
    env: {},
    postgres,
    log: postgres,
    openLog: () => openItsPostgresLog({ url: databaseUrlOf(dataDir), prefixes }),
    openObjects: () => openFilesystemStore({ directory, publicUrl: 'http://127.0.0.1', signingKey: Buffer.alloc(32), logger }),
    close: postgres.kill,
  }
}
