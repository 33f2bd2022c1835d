// A directory that a verb works in while a test stops it; what the verb leaves behind is killed and removed with its test.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, onTestFinished } from 'vitest'
import { killPostgres } from '../scenarios/its-postgres.ts'
import { commandLineOf, freezeProcesses, killProcesses, processesWith } from '../scenarios/processes.ts'
import { until } from '../until.ts'

export type Workplace = {
  path(): string
  /** Those whose command line names the directory. */
  processes(): readonly number[]
  /** In the middle of initdb, which ends with it; `meanwhile` is done while initdb stands still. */
  killInitdb(meanwhile: () => void): Promise<void>
}

/** For the top of a test file: each test has a new one. */
export function openWorkplace(): Workplace {
  let directory = ''
  const processes = () => processesWith(directory)
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'zaplog-stops-'))
    chmodSync(directory, 0o711) // as root, the embedded Postgres runs as a user of its own
    // Registered first, it is done last: when the verb itself has ended.
    onTestFinished(async () => {
      await killPostgres(directory) // its children, which do not name the directory, may stand still
      await killProcesses('what a verb left', processes())
      rmSync(directory, { recursive: true, force: true })
    })
  })
  return {
    path: () => directory,
    processes,
    killInitdb: async meanwhile => {
      const initdb = await until('initdb to run', () => processes().find(pid => commandLineOf(pid).includes('initdb')))
      await freezeProcesses('initdb', [initdb])
      meanwhile()
      await killProcesses('initdb', [initdb])
    },
  }
}
