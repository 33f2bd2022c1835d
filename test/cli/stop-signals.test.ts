// Guarantee: however start, demo, simulate and dev services are told to stop, also by the end of their terminal, nothing of them is left.
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freezePostgres, postmasterOf } from '../scenarios/its-postgres.ts'
import { commandLineOf, freezeProcesses, killProcesses, processesWith } from '../scenarios/processes.ts'
import { realPartsRunHere } from '../scenarios/shared-parts.ts'
import { freePortBase, launchServices, runs } from '../services/services-process.ts'
import { until } from '../until.ts'
import { launchVerb, type Verb } from './verb.ts'

const exitCodes = { done: 0, failed: 1 }

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'zaplog-signals-'))
  chmodSync(directory, 0o711) // as root, the embedded Postgres runs as a user of its own
})
afterEach(async () => {
  await killProcesses('what a verb left', processesWith(directory))
  rmSync(directory, { recursive: true, force: true })
})

/** In the middle of initdb, which dies of it; it ignores the signal itself in some of its steps, so that it is killed here. */
async function pressCtrlC(verb: Verb): Promise<void> {
  const initdb = await until('initdb to run', () => processesWith(directory).find(pid => commandLineOf(pid).includes('initdb')))
  await freezeProcesses('initdb', [initdb])
  verb.signal('SIGINT')
  await killProcesses('initdb', [initdb])
}

const everySignal = [['SIGTERM'], ['SIGINT'], ['SIGHUP']] as const

describe('zaplog start', () => {
  const launch = (env: Record<string, string> = {}) => launchVerb(['start'], { PORT: '0', DATA_DIR: directory, ...env })

  test('[H6] the end of its terminal stops it like SIGTERM, though nobody reads its last words', async () => {
    const start = launch()
    await start.says('listens on')
    start.loseOutput()
    start.signal('SIGHUP')
    expect(await start.ended).toBe(exitCodes.done)
    expect(processesWith(directory)).toEqual([])
  })

  test('[H6] what npm, a shell and a terminal pass on of one Ctrl-C is one signal', async () => {
    const start = launch()
    await start.says('listens on')
    for (const name of ['SIGINT', 'SIGINT', 'SIGHUP', 'SIGTERM'] as const) start.signal(name)
    expect(await start.ended, start.stderr()).toBe(exitCodes.done)
    expect(start.stderr()).toContain('process.stopped')
    expect(processesWith(directory)).toEqual([])
  })

  test('[H6] Ctrl-C while the programs of a first start run, which it reaches too, is no failure', async () => {
    const start = launch()
    await pressCtrlC(start)
    expect(await start.ended, start.stderr()).toBe(exitCodes.done)
    expect(start.stderr()).toMatch(/process\.start-interrupted.*process\.stopped/s)
    expect(processesWith(directory)).toEqual([])
  })

  test('[H6] a second Ctrl-C, when the stop hangs, ends it at once', async () => {
    const start = launch()
    await start.says('listens on')
    await freezePostgres(directory)
    start.signal('SIGTERM')
    let isOver = false
    void start.ended.then(() => {
      isOver = true
    })
    await until('it to end', () => {
      start.signal('SIGINT')
      return isOver
    })
    expect(await start.ended).toBe(exitCodes.failed)
    expect(start.stderr()).not.toContain('process.stop-timed-out')
  })
})

describe('zaplog demo', () => {
  const launch = (args: readonly string[] = []) => launchVerb(['demo', ...args], { TMPDIR: directory })
  const nothingIsLeft = () => {
    expect(processesWith(directory)).toEqual([])
    expect(readdirSync(directory)).toEqual([])
  }

  test.each(everySignal)('[K1] %s in the middle of the conversation ends it with 0, and nothing is left', async name => {
    const demo = launch()
    await demo.says('fetched') // a webhook is about to come, whose file is gone with zaplog
    demo.signal(name)
    expect(await demo.ended, demo.stderr()).toBe(exitCodes.done)
    expect(demo.stdout()).toMatch(/cut short: all webhooks so far arrived, in order, signatures verified.*\nstopped\n$/s)
    expect(demo.stderr()).toBe('')
    nothingIsLeft()
  })

  test('[K1] the end of its terminal leaves nothing, though nobody reads its last words', async () => {
    const demo = launch()
    await demo.says('message.received')
    demo.loseOutput()
    demo.signal('SIGHUP')
    expect(await demo.ended).toBe(exitCodes.done)
    nothingIsLeft()
  })

  test('[K1] a pipe whose reader has gone ends it, and nothing is left', async () => {
    const demo = launch()
    await demo.says('message.received')
    demo.loseOutput()
    expect(await demo.ended).toBe(exitCodes.done)
    nothingIsLeft()
  })

  test('[K1] a signal while Postgres is on its way up leaves nothing', async () => {
    const demo = launch()
    await until('Postgres to be on its way up', () => readdirSync(directory).some(name => postmasterOf(join(directory, name))))
    demo.signal('SIGHUP')
    expect(await demo.ended, demo.stderr()).toBe(exitCodes.done)
    expect(demo.stdout()).toMatch(/stopped\n$/)
    nothingIsLeft()
  })

  test('[K1] Ctrl-C while Postgres is being made, which reaches its programs too, leaves nothing', async () => {
    const demo = launch()
    await pressCtrlC(demo)
    expect(await demo.ended, demo.stderr()).toBe(exitCodes.done)
    expect(demo.stdout()).toMatch(/^cut short: making a PostgreSQL cluster .*\nstopped\n$/s)
    nothingIsLeft()
  })

  test('[K1] one that was to run once and is stopped ends with 1 and says what is missing', async () => {
    const demo = launch(['--once', '--json'])
    await until('the conversation to begin', () => demo.stderr().includes('message.received'))
    demo.signal('SIGTERM')
    expect(await demo.ended, demo.stderr()).toBe(exitCodes.failed)
    expect(JSON.parse(demo.stdout()).missing).toContain('the rest of the conversation: stopped before it was played')
    expect(demo.stderr()).toMatch(/stopped\n$/)
    nothingIsLeft()
  })

  test('[K1] a demo that has shown everything ends with 0 at a signal', async () => {
    const demo = launch()
    await demo.says('Still running')
    expect(demo.stdout()).toContain('all webhooks arrived, in order, signatures verified')
    demo.signal('SIGINT')
    expect(await demo.ended, demo.stderr()).toBe(exitCodes.done)
    expect(demo.stdout()).toMatch(/stopped\n$/)
    nothingIsLeft()
  })
})

describe('zaplog simulate', () => {
  test.each(everySignal)('[K1] %s ends it with 0', async name => {
    const simulate = launchVerb(['simulate', '--port', '0', '--cdn-port', '0', '--control-port', '0'])
    await simulate.says('/sim/v1')
    simulate.signal(name)
    expect(await simulate.ended).toBe(exitCodes.done)
    expect(simulate.stderr()).toBe('stopped\n')
  })
})

describe.runIf(await realPartsRunHere())('zaplog dev services', () => {
  test('[H4] the end of its terminal stops the servers', { timeout: 300_000 }, async () => {
    const data = join(directory, 'services')
    const services = launchServices(['--only', 's3', '--data', data, '--port-base', String(await freePortBase())])
    try {
      await services.settings()
      const servers = services.servers()
      expect(servers).toHaveLength(1)
      services.signal('SIGHUP')
      expect(await services.ended, services.said()).toBe(exitCodes.done)
      expect(servers.filter(runs)).toEqual([])
    } finally {
      services.signal('SIGKILL')
    }
  })
})
