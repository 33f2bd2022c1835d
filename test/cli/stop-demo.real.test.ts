// Guarantee: however demo is told to stop, also by the end of its terminal or of its reader, nothing of it is left.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { launchVerb } from '../ground/cli/verb.ts'
import { openWorkplace } from '../ground/cli/workplace.ts'
import { postmasterOf } from '../ground/scenarios/its-postgres.ts'
import { until } from '../ground/until.ts'

const place = openWorkplace()
const launch = (args: readonly string[] = []) => launchVerb(['demo', ...args], { TMPDIR: place.path() })
const nothingIsLeft = () => {
  expect(place.processes()).toEqual([])
  expect(readdirSync(place.path())).toEqual([])
}

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  '[K1] %s in the middle of the conversation ends it with 0, and nothing is left',
  async name => {
    const demo = launch()
    await demo.says('fetched') // a webhook is about to come, whose file is gone with zaplog
    demo.signal(name)
    expect(await demo.ended, demo.stderr()).toBe(exitCodes.done)
    expect(demo.stdout()).toMatch(/cut short: all webhooks so far arrived, in order, signatures verified.*\nstopped\n$/s)
    expect(demo.stderr()).toBe('')
    nothingIsLeft()
  },
)

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
  await until('Postgres to be on its way up', () =>
    readdirSync(place.path()).some(name => postmasterOf(join(place.path(), name))),
  )
  demo.signal('SIGHUP')
  expect(await demo.ended, demo.stderr()).toBe(exitCodes.done)
  expect(demo.stdout()).toMatch(/stopped\n$/)
  nothingIsLeft()
})

test('[K1] Ctrl-C while Postgres is being made, which reaches its programs too, leaves nothing', async () => {
  const demo = launch()
  await place.killInitdb(() => demo.signal('SIGINT'))
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
