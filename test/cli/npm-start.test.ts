// Guarantee: what tells npm to stop tells zaplog: a supervisor that knows npm alone leaves no process behind.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { shellsAreHere } from '../ground/cli/pasted.ts'
import { killPostgres, postmasterOf } from '../ground/scenarios/its-postgres.ts'
import { makeDataDir, scenarioEnv } from '../ground/scenarios/zaplog-process.ts'
import { until } from '../ground/until.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))

test.runIf(shellsAreHere)('[H6] SIGTERM to `npm start` stops zaplog and its Postgres', async () => {
  const dataDir = makeDataDir()
  const npm = spawn('npm', ['start', '--silent'], {
    cwd: repository,
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...scenarioEnv(dataDir.path), LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let said = ''
  for (const stream of [npm.stdout, npm.stderr])
    stream.setEncoding('utf8').on('data', text => {
      said += text
    })
  /** npm, its shell and zaplog write to the same pipes: they close with the last of them. */
  const allEnded = once(npm, 'close')
  onTestFinished(async () => {
    endGroup(npm.pid)
    await killPostgres(dataDir.path)
    dataDir.remove()
  })
  await until('zaplog to listen', () => said.includes('listens on'))
  npm.kill('SIGTERM')
  await allEnded
  expect(said).toContain('"event":"process.stopped"')
  expect(postmasterOf(dataDir.path)).toBeNull()
})

/** What is left of it where the test failed. */
function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error // all of it has ended
  }
}
