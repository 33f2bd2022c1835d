// [H4] From `./zaplog start` to /health/ready on embedded parts, in a directory that was used before, with the compiled code that an earlier
// start left, as users have it; against a process that imports Baileys, with its code compiled before, too, starts the same PostgreSQL on a
// directory of its own that was used before, and has a first query answered. `firstStartMs` is in a new directory.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../infra/services/server-process.ts'
import { makeCluster } from '../src/database/embedded-cluster.ts'
import { logger, openDirectory } from './ground.ts'
import { type Bench, mean } from './measure.ts'
import type { BareStart } from './start-process.ts'
import { launchZaplog } from './zaplog.ts'

const runner = fileURLToPath(new URL('../bin/run.mjs', import.meta.url))
const program = fileURLToPath(new URL('start-process.ts', import.meta.url))
const PROBE_MS = 5
const slices = 3

export const start: Bench = async closing => {
  const bareDirectory = await openDirectory(closing)
  const cluster = await makeCluster({ dataDir: join(bareDirectory, 'postgres'), fsync: true, logger })
  const startBare = async () => {
    const port = await freePort()
    const told: BareStart = { ...cluster, postgres: cluster.binaries.postgres, port, url: cluster.urlOf(port) }
    return msUntilBare(told)
  }
  await startBare()
  return async () => {
    await using used = closing.use(new AsyncDisposableStack())
    const directory = await openDirectory(used)
    const firstStartMs = await msUntilReady(used, directory)
    const [ours, bare]: [number[], number[]] = [[], []]
    for (let slice = 0; slice < slices; slice++) {
      ours.push(await msUntilReady(used, directory))
      bare.push(await startBare())
    }
    const ratios = ours.map((tookMs, slice) => tookMs / (bare[slice] ?? 0))
    const value = mean(ours)
    return { value, unit: 'ms', bare: mean(bare), n: slices, seconds: value / 1000, ratios, more: { firstStartMs } }
  }
}

async function msUntilReady(closing: AsyncDisposableStack, dataDir: string): Promise<number> {
  await using running = closing.use(new AsyncDisposableStack())
  const port = await freePort()
  const startedAt = performance.now()
  launchZaplog(running, { DATA_DIR: dataDir, PORT: String(port) })
  while (!(await isReady(`http://127.0.0.1:${port}/health/ready`))) await new Promise(passed => setTimeout(passed, PROBE_MS))
  return performance.now() - startedAt
}

const isReady = (url: string): Promise<boolean> =>
  fetch(url).then(
    async answer => {
      await answer.body?.cancel()
      return answer.ok
    },
    () => false, // it does not listen yet
  )

async function msUntilBare(told: BareStart): Promise<number> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, [runner, program, JSON.stringify(told)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  await Promise.race([once(child.stdout, 'data'), exited])
  const tookMs = performance.now() - startedAt
  child.kill('SIGTERM')
  await exited
  if (child.exitCode !== 0) throw new Error(`starting the bare process: it ended with ${child.signalCode ?? child.exitCode}`)
  return tookMs
}
