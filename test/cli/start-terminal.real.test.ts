// Guarantee: a start on a terminal is read by a person, one in a pipe by a program, and neither its screen nor its log need to be taken.
import { openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { openTerminal, terminalsAreHere } from '../ground/cli/terminal.ts'
import { launchVerb } from '../ground/cli/verb.ts'
import { killPostgres } from '../ground/scenarios/its-postgres.ts'
import { makeDataDir, scenarioEnv } from '../ground/scenarios/zaplog-process.ts'
import { until } from '../ground/until.ts'

function makePlace() {
  const place = makeDataDir()
  const dataDir = join(place.path, 'data')
  onTestFinished(async () => {
    await killPostgres(dataDir)
    place.remove()
  })
  return { path: place.path, env: { ...scenarioEnv(dataDir), LOG_LEVEL: 'info' } }
}

describe.runIf(terminalsAreHere)('on a terminal', () => {
  test('[H3] [H8] its log lines are readable, its screen fits in 40 columns, and a .env beside it is told of and not read', async () => {
    const place = makePlace()
    writeFileSync(join(place.path, '.env'), 'HOST=::1\nLOG_LEVEL=silent\n')
    const terminal = openTerminal(['start'], { columns: 40, rows: 24 }, place.env, place.path)
    await until('the screen', () => terminal.text().includes('/openapi.json'))
    terminal.interrupt()
    expect(await terminal.ended).toBe(exitCodes.done)
    const log = /^\d\d:\d\d:\d\d\.\d{3} /
    const lines = terminal.text().split('\n')
    const ofScreen = lines.map(line => line.replace(/^\^C/, '')).filter(line => !log.test(line))
    expect(terminal.text()).not.toContain('{"level"')
    expect(terminal.text()).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} info {2}config\.env-file-not-read file=\.env settings=\["HOST"\] readsIt="\S+zaplog start --env-file \.env"$/m,
    )
    expect(terminal.text()).toMatch(/^\S+ info {2}process\.stopped$/m)
    expect(terminal.raw()).toContain('\u001b[36minfo')
    const torn = ofScreen.filter(line => line.length > 40 && !/^\s*(\S+|"[^"]*")( \\)?$/.test(line))
    expect(torn).toEqual([])
  })

  test('[H3] LOG_FORMAT=json has JSON there, too', async () => {
    const place = makePlace()
    const terminal = openTerminal(['start'], { columns: 80, rows: 24 }, { ...place.env, LOG_FORMAT: 'json' }, place.path)
    await until('a line of the log', () => terminal.text().includes('"event":"'))
    terminal.interrupt()
    expect(await terminal.ended).toBe(exitCodes.done)
    expect(terminal.text()).not.toMatch(/^\d\d:\d\d:/m)
  })
})

test('[H6] [H7] with --json its screen is one document; an output that is full, or has no reader any more, stops nothing, and is said in the log', async () => {
  const place = makePlace()
  const start = launchVerb(['start', '--json'], place.env)
  await start.says('\n')
  const { version, url, adminKeyFile } = JSON.parse(start.stdout())
  expect({ version, adminKeyFile }).toEqual({ version: expect.any(String), adminKeyFile: join(place.path, 'data', 'admin-key') })
  expect((await fetch(`${url}/health/live`)).status).toBe(200)
  for (const line of start.stderr().trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('event')
  start.signal('SIGTERM')
  expect(await start.ended).toBe(exitCodes.done)

  const full = launchVerb(['start'], place.env, 'directly', openSync('/dev/full', 'w'))
  await until('the loss to be said', () => full.stderr().includes('"event":"process.output-lost"'))
  full.signal('SIGTERM')
  expect(await full.ended, full.stderr()).toBe(exitCodes.done)
  expect(full.stderr()).toContain('"event":"process.stopped"')

  const unread = launchVerb(['start'], place.env)
  unread.loseStdout()
  await until('the loss to be said', () => unread.stderr().includes('"event":"process.output-lost"'))
  unread.signal('SIGTERM')
  expect(await unread.ended, unread.stderr()).toBe(exitCodes.done)
})
