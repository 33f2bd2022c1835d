// A directory that a verb works in while a test stops it; what the verb leaves behind is killed and removed with its test.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, onTestFinished } from 'vitest'
import { killPostgres } from '../scenarios/its-postgres.ts'
import { commandLineOf, endProcesses, freezeProcesses, killProcesses, processesWith, treeOf } from '../scenarios/processes.ts'
import { until } from '../until.ts'

export type Workplace = {
  path(): string
  /** Those whose command line names the directory. */
  processes(): readonly number[]
  /** In the middle of initdb, which ends with it; `meanwhile` is done while initdb stands still. */
  killInitdb(meanwhile: () => void): Promise<void>
  /** In the middle of initdb, SIGTERM for it and its programs, as whoever stops a whole process group sends; `meanwhile` is done just before. */
  stopInitdb(meanwhile: () => void): Promise<void>
}

/** For the top of a test file: each test has a new one. */
export function openWorkplace(): Workplace {
  let directory = ''
  const processes = () => processesWith(directory)
  const findInitdb = () => until('initdb to run', () => processes().find(pid => commandLineOf(pid).includes('initdb')))
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
      const initdb = await findInitdb()
      await freezeProcesses('initdb', [initdb])
      meanwhile()
      await killProcesses('initdb', [initdb])
    },
    stopInitdb: async meanwhile => {
      const initdb = await findInitdb()
      await until('a program of initdb to run', () => treeOf(initdb).length > 1)
      const frozen = await freezeProcesses('initdb', [initdb]) // so that none of its programs is forgotten meanwhile
      meanwhile()
      endProcesses(treeOf(initdb))
      frozen.thaw()
    },
  }
}
