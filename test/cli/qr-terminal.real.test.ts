// Guarantee: a QR code on a terminal is whole and can be scanned, or it is said what it needs and where the picture is; each code takes the
// place of the one before it, and what is over is not left to be scanned.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { create } from 'qrcode'
import { expect, onTestFinished, test } from 'vitest'
import { drawQr, encodeQr } from '../../src/cli/qr-drawing.ts'
import { alwaysJson, alwaysProblem, KEY } from '../ground/cli/refused.ts'
import { openTerminal, terminalsAreHere } from '../ground/cli/terminal.ts'
import { launchVerb } from '../ground/cli/verb.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'
import { makeDataDir } from '../ground/scenarios/zaplog-process.ts'
import { until } from '../ground/until.ts'

/** As long as WhatsApp's are. */
const codeOf = (letter: string) =>
  `2@${letter.repeat(100)}AbCd+/09==,${`${letter}xY1`.repeat(11)}=,${`${letter}zW2`.repeat(11)}=,${`${letter}vU3`.repeat(11)}=`
const [FIRST, SECOND] = [codeOf('a'), codeOf('b')]
const shop = { id: 'shop', name: 'Shop', stateAt: '2026-11-21T08:00:00.000Z', phone: '5511900000001', reasonText: null }

/** A zaplog that shows this code, and whose instance is in this state once there is none. */
async function openStandIn({ page }: { page: boolean } = { page: false }) {
  const now: { code: string | null; state: string } = { code: FIRST, state: 'open' }
  const { url } = await openLoopbackServer((request, response) => {
    if (request.url === '/')
      return page
        ? void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<!doctype html>')
        : alwaysProblem(404, 'not-found')(request, response)
    if (!request.url?.includes('/qr')) return alwaysJson(200, { ...shop, state: now.state })(request, response)
    return now.code === null
      ? alwaysProblem(409, now.state === 'open' ? 'already-paired' : 'no-qr-pending')(request, response)
      : alwaysJson(200, { qr: now.code, expiresAt: '2026-11-21T08:01:00.000Z' })(request, response)
  })
  return { now, env: { ZAPLOG_URL: url, ADMIN_API_KEY: KEY }, url }
}

const large = { columns: 100, rows: 45 }
const blocks = /[▀▄█]/

/** The modules that half blocks show, light where something is drawn, without the quiet zone. */
function modulesIn(lines: readonly string[], size: number): readonly (readonly boolean[])[] {
  const rows = lines.flatMap(line => {
    const signs = Array.from(line.padEnd(lines[0]?.length ?? 0))
    return [signs.map(sign => sign === ' ' || sign === '▄'), signs.map(sign => sign === ' ' || sign === '▀')]
  })
  const quiet = ((lines[0]?.length ?? 0) - size) / 2
  return rows.slice(quiet, quiet + size).map(row => row.slice(quiet, quiet + size))
}

function expectedModules(text: string) {
  const { modules } = create(text, { errorCorrectionLevel: 'L' })
  const size = modules.size
  const rows = Array.from({ length: size }, (_, row) =>
    Array.from({ length: size }, (_, column) => modules.get(row, column) === 1),
  )
  return { size, rows }
}

test('[A1] the drawing has the code’s modules, with a quiet zone of four where there is room, and of two at least', () => {
  const { size, rows } = expectedModules(FIRST)
  for (const [quiet, room] of [
    [4, { columns: 200, rows: 100 }],
    [2, { columns: size + 4, rows: Math.ceil(size / 2) + 2 }],
  ] as const) {
    const drawing = drawQr(encodeQr(create, FIRST), room, { isColorSupported: false })
    if (!drawing.fits) throw new Error('it has to fit')
    expect(drawing.lines[0]).toBe('█'.repeat(size + 2 * quiet))
    expect(drawing.lines.length).toBeLessThanOrEqual(room.rows)
    expect(modulesIn(drawing.lines, size)).toEqual(rows)
  }
  const needs = { columns: size + 4, rows: Math.ceil(size / 2) + 2 }
  expect(drawQr(encodeQr(create, FIRST), { ...needs, columns: needs.columns - 1 }, { isColorSupported: false })).toEqual({
    fits: false,
    needs,
  })
  expect(drawQr(encodeQr(create, FIRST), { ...needs, rows: needs.rows - 1 }, { isColorSupported: false })).toEqual({
    fits: false,
    needs,
  })
})

test.runIf(terminalsAreHere)(
  '[A1] a new code takes the place of the old one, and the end is a sentence without a code',
  async () => {
    const { now, env } = await openStandIn()
    const terminal = openTerminal(['instances', 'qr', 'shop'], large, env)
    await terminal.sees('Linked devices')
    const shows = (text: string) => {
      const { size, rows } = expectedModules(text)
      const lines = terminal
        .screen()
        .split('\n')
        .filter(line => blocks.test(line))
      return { is: JSON.stringify(modulesIn(lines, size)) === JSON.stringify(rows), lines: lines.length }
    }
    const drawn = shows(FIRST)
    expect(drawn.is).toBe(true)
    expect(terminal.raw()).toContain('\u001b[40;97m')
    now.code = SECOND
    await until('the second code', () => shows(SECOND).is && terminal.screen().includes('Linked devices'))
    expect(shows(SECOND).lines).toBe(drawn.lines)
    expect(terminal.screen().match(/Linked devices/g)).toHaveLength(1)
    now.code = null
    expect(await terminal.ended).toBe(0)
    expect(terminal.screen().trim()).toBe('Shop is paired with 5511900000001')
    expect(terminal.torn()).toEqual([])
  },
)

test.runIf(terminalsAreHere)('[A1] a code that is over is gone from the screen while none comes', async () => {
  const { now, env } = await openStandIn()
  const terminal = openTerminal(['instances', 'qr', 'shop'], large, { ...env, NO_COLOR: '1' })
  await terminal.sees('Linked devices')
  expect(terminal.raw()).not.toMatch(/\[[\d;]*m/)
  Object.assign(now, { code: null, state: 'reconnecting' })
  await terminal.sees('Shop is reconnecting; waiting for a QR code')
  expect(terminal.screen()).not.toMatch(blocks)
  terminal.interrupt()
  expect(await terminal.ended).toBe(1)
  expect(terminal.screen()).toContain('stopped waiting, shop is kept')
})

test.runIf(terminalsAreHere)(
  '[A1] where it does not fit, it is said what it needs and where it is; a larger window has it',
  async () => {
    const { env, url } = await openStandIn({ page: true })
    const terminal = openTerminal(['instances', 'qr', 'shop'], { columns: 80, rows: 24 }, env)
    await terminal.sees(/The QR code needs a terminal of \d+ columns and \d+ rows, this one has 80\s+and 24/)
    await terminal.sees(`In a browser: ${url}/`)
    await terminal.sees(/As a picture:\n +ZAPLOG_URL=\S+ \S+ instances qr shop (\\\n +)?--picture qr\.png/)
    expect(terminal.screen()).not.toMatch(blocks)
    const [, columns, rows] = /(\d+) columns and (\d+) rows/.exec(terminal.screen()) ?? []
    terminal.resize({ columns: Number(columns), rows: Number(rows) })
    const { size, rows: modules } = expectedModules(FIRST)
    await until('the whole code', () => {
      const lines = terminal
        .screen()
        .split('\n')
        .filter(line => blocks.test(line))
      return JSON.stringify(modulesIn(lines, size)) === JSON.stringify(modules)
    })
    expect(terminal.screen()).not.toContain('needs a terminal')
  },
)

test.runIf(terminalsAreHere)('[A1] in 40 columns nothing is torn, and no page is named where there is none', async () => {
  const { env } = await openStandIn()
  const terminal = openTerminal(['instances', 'qr', 'shop'], { columns: 40, rows: 12 }, { ...env, ZAPLOG_URL: env.ZAPLOG_URL })
  await terminal.sees('--picture')
  expect(terminal.torn()).toEqual([])
  expect(terminal.screen()).not.toContain('In a browser')
})

test('[A1] in a pipe each code is a line, and nothing steers a terminal that is not there', async () => {
  const { now, env } = await openStandIn()
  const verb = launchVerb(['instances', 'qr', 'shop'], env)
  await verb.says(FIRST)
  now.code = SECOND
  await verb.says(SECOND)
  now.code = null
  expect(await verb.ended).toBe(0)
  expect(verb.stdout()).toBe(`${FIRST}\n${SECOND}\nShop is paired with 5511900000001\n`)
  expect(verb.stderr()).not.toContain('\u001b')
})

test('[A1] --picture writes each code to a file of its owner’s, which is gone when a phone is paired', async () => {
  const { now, env } = await openStandIn()
  const place = makeDataDir()
  onTestFinished(place.remove)
  const file = join(place.path, 'qr.svg')
  const read = () => {
    try {
      return readFileSync(file, 'utf8')
    } catch {
      return null // not yet, or no longer
    }
  }
  const verb = launchVerb(['instances', 'qr', 'shop', '--picture', file], env)
  const first = await until('the first picture', read)
  expect(first).toContain('<svg')
  now.code = SECOND
  await until('the second picture', () => read() !== first)
  now.code = null
  expect(await verb.ended).toBe(0)
  expect(verb.stderr()).toContain(`${file} has the QR code to scan, valid until 2026-11-21T08:01:00.000Z`)
  expect(read()).toBeNull()
})

test('[A1] a picture that cannot be written, or is none, is said', async () => {
  const { env } = await openStandIn()
  const nowhere = launchVerb(['instances', 'qr', 'shop', '--picture', '/nowhere/at/all/qr.png'], env)
  expect(await nowhere.ended).toBe(1)
  expect(nowhere.stderr()).toMatch(/^writing the QR code to \/nowhere\/at\/all\/qr\.png: ENOENT/)
  const noPicture = launchVerb(['instances', 'qr', 'shop', '--picture', 'qr.gif'], env)
  expect(await noPicture.ended).toBe(2)
  expect(noPicture.stderr()).toContain('Expected a file whose name ends in .png or .svg.')
})
