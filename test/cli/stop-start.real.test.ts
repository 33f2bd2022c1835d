// Guarantee: however start is told to stop, also by the end of its terminal or in the middle of a first start, nothing of it is left.
import { expect, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { launchVerb } from '../ground/cli/verb.ts'
import { openWorkplace } from '../ground/cli/workplace.ts'
import { freezePostgres } from '../ground/scenarios/its-postgres.ts'
import { until } from '../ground/until.ts'

const place = openWorkplace()
const launch = (env: Readonly<Record<string, string>> = {}) =>
  launchVerb(['start'], { PORT: '0', DATA_DIR: place.path(), ...env })

test('[H6] the end of its terminal stops it like SIGTERM, though nobody reads its last words', async () => {
  const start = launch()
  await start.says('listens on')
  start.loseOutput()
  start.signal('SIGHUP')
  expect(await start.ended).toBe(exitCodes.done)
  expect(place.processes()).toEqual([])
})

test('[H3] [H8] a start says which settings it found that do nothing yet, without their values', async () => {
  const start = launch({ OTEL_METRICS_EXPORTER: 'otlp' })
  await start.says('listens on')
  expect(start.stderr()).toMatch(
    /config\.not-in-this-version.*OTEL_METRICS_EXPORTER|OTEL_METRICS_EXPORTER.*config\.not-in-this-version/,
  )
  expect(start.stderr()).not.toContain('collector.example')
  start.signal('SIGTERM')
  expect(await start.ended).toBe(exitCodes.done)
})

test('[H6] what npm, a shell and a terminal pass on of one Ctrl-C is one signal', async () => {
  const start = launch()
  await start.says('listens on')
  for (const name of ['SIGINT', 'SIGINT', 'SIGHUP', 'SIGTERM'] as const) start.signal(name)
  expect(await start.ended, start.stderr()).toBe(exitCodes.done)
  expect(start.stderr()).toContain('process.stopped')
  expect(place.processes()).toEqual([])
})

test('[H6] Ctrl-C while the programs of a first start run, which it reaches too, is no failure', async () => {
  const start = launch()
  await place.killInitdb(() => start.signal('SIGINT')) // which ignores the signal itself in some of its steps
  expect(await start.ended, start.stderr()).toBe(exitCodes.done)
  expect(start.stderr()).toMatch(/initdb was ended by SIGKILL.*process\.start-interrupted.*process\.stopped/s)
  expect(start.stderr()).not.toContain('no known reason')
  expect(place.processes()).toEqual([])
})

test('[H6] a stop of the whole process group in the middle of a first start is said as that, and as no failure of unknown reason', async () => {
  const start = launch()
  await place.stopInitdb(() => start.signal('SIGTERM'))
  expect(await start.ended, start.stderr()).toBe(exitCodes.done)
  expect(start.stderr()).toMatch(/initdb was ended by .*process\.stopped/s)
  expect(start.stderr()).not.toContain('no known reason')
  expect(place.processes()).toEqual([])
})

test('[H6] a second Ctrl-C, when the stop hangs, ends it at once', async () => {
  const start = launch()
  await start.says('listens on')
  await freezePostgres(place.path())
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
