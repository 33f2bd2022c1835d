// What a bench says that a message costs is what was asked of Postgres, and the CPU that was taken, of every process.
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cpuByPart } from '../../bench/cpu.ts'
import { loadStatements, openStatements } from '../../bench/statements.ts'
import { createMeter } from '../../bench/usage.ts'
import { openEmbeddedPostgres } from '../../src/database/embedded.ts'
import { openSession } from '../../src/database/session.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { never } from '../../src/runtime/or-abort.ts'

const onLinux = test.skipIf(process.platform !== 'linux')

test('[B2] statements are those that were asked, without BEGIN and COMMIT and without the counter’s own', async () => {
  await using closing = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'zaplog-usage-'))
  closing.defer(() => rm(directory, { recursive: true }))
  const dataDir = join(directory, 'postgres')
  await loadStatements(dataDir)
  await loadStatements(dataDir) // twice is once, or the server would not start
  const server = await openEmbeddedPostgres({ dataDir, logger: createLogger({ level: 'silent' }) })
  closing.defer(server.close)
  const statements = await openStatements(closing, server.url)
  const session = await openSession({ url: server.url, applicationName: 'test', heartbeatMs: 60_000 }, never)
  closing.defer(() => session.close())
  const meter = createMeter(statements)
  await meter.during('ours', async () => {
    for (const statement of ['begin', 'select 1', 'select 2', 'create table t ()', 'select from t', 'commit'])
      await session.query(statement)
  })
  await meter.during('bare', () => session.query('select 3'))
  expect(meter.usage(1).statements).toBe(3)
  expect(meter.usage(2).statements).toBe(1.5)
})

const BURNT_MS = 300
const burn = () => void execFileSync(process.execPath, ['-e', `while (process.cpuUsage().user < ${BURNT_MS * 1000});`])

onLinux('[B2] CPU of a process that has ended is counted, on the side that it was taken for', async () => {
  const meter = createMeter(null)
  await meter.during('ours', async () => burn())
  await meter.during('bare', async () => undefined)
  const { cpuMs, bareCpuMs, statements } = meter.usage(1)
  expect(cpuMs.bench).toBeGreaterThanOrEqual(BURNT_MS * 0.9)
  expect(bareCpuMs.bench ?? 0).toBeLessThan(BURNT_MS * 0.9)
  expect(statements).toBeNull()
  expect(Object.keys(cpuByPart())).toContain('bench')
})
