// Guarantee: from the first line of ours on, a signal ends a start as it ends one that runs, however little of it is loaded.
// Before that line there is only Node, which a signal ends by itself: nothing can be told, and nothing was begun.
import { expect, onTestFinished, test } from 'vitest'
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, with its types beside it
import { hearEarlySignals, stopSignals } from '../../bin/early-signals.mjs'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { watchStopSignals } from '../../src/cli/stop-signals.ts'
import { launchVerb } from '../ground/cli/verb.ts'
import { openWorkplace } from '../ground/cli/workplace.ts'
import { readOrEmpty } from '../ground/scenarios/processes.ts'
import { until } from '../ground/until.ts'

const place = openWorkplace()
const launch = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  launchVerb(args, { PORT: '0', DATA_DIR: place.path(), ...env }, 'as npm does')

/** Settings of Node's own with which a verb tells when it begins to load this library. */
const tellsOfLoading = (library: string) => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from 'node:module'
    registerHooks({ load: (url, context, load) => {
      if (url.endsWith('/${library}/lib/index.js')) process.stderr.write('loading ${library};')
      return load(url, context)
    } })`)}`,
})

test.runIf(process.platform === 'linux').for(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '[H6] %s in the first moments of a start is a clean stop: 0, and nothing was opened',
  async name => {
    const start = launch(['start'])
    await until('it to hear signals', () => hearsHangUp(start.pid))
    start.signal(name)
    expect(await start.ended, start.stderr()).toBe(exitCodes.done)
    expect(start.stderr()).toMatch(/process\.stopping.*process\.stopped/s)
    expect(start.stderr()).not.toContain('postgres.started')
    expect(place.processes()).toEqual([])
  },
)

test.runIf(process.platform === 'linux')('[H6] SIGTERM in the middle of loading is a clean stop, too', async () => {
  const start = launch(['start'], tellsOfLoading('pg'))
  await until('its libraries to be loaded', () => start.stderr().includes('loading pg'))
  start.signal('SIGTERM')
  expect(await start.ended, start.stderr()).toBe(exitCodes.done)
  expect(start.stderr()).toContain('process.stopped')
  expect(start.stderr()).not.toContain('postgres.started')
  expect(place.processes()).toEqual([])
})

test.runIf(process.platform === 'linux')(
  '[H6] so it is while the roles are loaded: Postgres, which starts meanwhile, is stopped',
  async () => {
    const start = launch(['start'], tellsOfLoading('baileys'))
    await until('the roles to be loaded', () => start.stderr().includes('loading baileys'))
    start.signal('SIGTERM')
    expect(await start.ended, start.stderr()).toBe(exitCodes.done)
    expect(start.stderr()).toContain('process.stopped')
    expect(start.stderr()).not.toContain('process.started')
    expect(place.processes()).toEqual([])
  },
)

test.runIf(process.platform === 'linux')('[H6] a verb that only asks is ended by an early signal, as any program', async () => {
  const list = launch(['instances', 'list'])
  await until('it to hear signals', () => hearsHangUp(list.pid))
  list.signal('SIGINT')
  expect(await list.ended).toBe(null)
})

test('[H6] what was heard while a verb was loaded stops it as soon as it watches for signals, once', () => {
  const before = new Map(stopSignals.map(name => [name, process.listeners(name)]))
  onTestFinished(() => {
    for (const name of stopSignals)
      for (const listener of process.listeners(name)) if (!before.get(name)?.includes(listener)) process.off(name, listener)
  })
  const told: string[] = []
  hearEarlySignals()
  process.emit('SIGINT', 'SIGINT')
  process.emit('SIGTERM', 'SIGTERM')
  const stopping = watchStopSignals({ onFirst: name => told.push(name) })
  expect({ told, isAborted: stopping.aborted }).toEqual({ told: ['SIGINT'], isAborted: true })
  process.emit('SIGTERM', 'SIGTERM')
  expect(told).toEqual(['SIGINT'])
})

/** proc(5): SIGHUP is the first bit, and the last that zaplog begins to hear; the other two Node itself catches, to end by them. */
function hearsHangUp(pid: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readOrEmpty(`/proc/${pid}/status`))?.[1] ?? '0'
  return (BigInt(`0x${caught}`) & 1n) === 1n
}
