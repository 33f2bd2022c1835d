// Pairing from the command line: what is said while no code comes, what Ctrl-C leaves, and the way from a code to a paired phone.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSimulator, type Simulator } from '../../simulator/simulator.ts'
import { createReminder } from '../../src/cli/follow-qr.ts'
import { runVerb } from '../ground/cli/run-verb.ts'
import { launchVerb, type Verb } from '../ground/cli/verb.ts'
import { launchZaplog, makeDataDir, type ZaplogProcess } from '../ground/scenarios/zaplog-process.ts'
import { openTcpProxy, type TcpProxy } from '../ground/tcp-proxy.ts'
import { until } from '../ground/until.ts'

const PHONE = '5511900000001'
const OTHER_PHONE = '5511900000002'
const WAITING = 'waiting for a QR code, Ctrl-C ends the wait and keeps the instance'

let simulator: Simulator
/** In front of WhatsApp, which comes and goes. */
let whatsapp: TcpProxy
let zaplog: ZaplogProcess
let env: Record<string, string>
const closing: (() => void | Promise<void>)[] = []

beforeAll(async () => {
  simulator = await openSimulator()
  closing.push(simulator.close)
  const url = new URL(simulator.url)
  whatsapp = await openTcpProxy({ target: { port: Number(url.port) } })
  closing.push(whatsapp.close)
  url.port = String(whatsapp.port)
  const { path: dataDir, remove } = makeDataDir()
  closing.push(remove)
  const launched = launchZaplog({
    program: 'start',
    dataDir,
    env: { WHATSAPP_URL: url.href, WHATSAPP_CDN_URL: simulator.cdnUrl },
  })
  closing.push(launched.killEverything)
  zaplog = await launched.listening
  env = { ZAPLOG_URL: zaplog.url, DATA_DIR: dataDir }
})
afterAll(async () => {
  for (const close of closing.toReversed()) await close()
})

const untilSaid = (verb: Verb, what: RegExp) => until(`the verb to say ${what}`, () => (what.test(verb.stderr()) ? true : null))

const untilShown = (verb: Verb) => until('a code to be shown', () => /^\S+(,\S+){3}$/m.test(verb.stdout()))

test('[A1] while WhatsApp cannot be reached the state and why are said; Ctrl-C ends the wait, and the instance is kept', async () => {
  whatsapp.down()
  const verb = launchVerb(['instances', 'create', '--name', 'Support', '--id', 'support'], env)
  await untilSaid(
    verb,
    /^Support is reconnecting: The connection to WhatsApp (was closed|was lost|failed: [^;]+); waiting for a QR code/m,
  )
  verb.signal('SIGINT')
  expect(await verb.ended).toBe(1)
  await untilSaid(
    verb,
    /^stopped waiting, support is kept; ZAPLOG_URL=\S+ (DATA_DIR=\S+ )?\.\/zaplog instances qr support shows its codes again$/m,
  )
  const lines = verb.stderr().trimEnd().split('\n')
  expect(lines[0]).toBe('created support')
  for (const line of lines.slice(1, -1)) expect(line).toMatch(new RegExp(`^Support is \\w+(: [^;]+)?; ${WAITING}$`))
  expect(verb.stdout()).toBe('')
  whatsapp.resume()

  const again = launchVerb(['instances', 'qr', 'support'], env)
  await untilShown(again)
  const { code, out } = await runVerb(['instances', 'qr', 'support', '--text'], env)
  expect(code).toBe(0)
  await simulator.scanQr(out.trim(), { pn: PHONE, name: 'Support' })
  expect(await again.ended).toBe(0)
  await until('the phone to be said', () => again.stdout().endsWith(`Support is paired with ${PHONE}\n`))
})

test('[A1] the text of a code, alone on stdout, pairs a phone; --json says until when it is valid', async () => {
  const created = await runVerb(['instances', 'create', '--name', 'Sales', '--id', 'sales', '--no-qr'], env)
  expect(created).toEqual({ code: 0, out: 'sales\n', err: '' })
  const json = await runVerb(['instances', 'qr', 'sales', '--json'], env)
  expect(JSON.parse(json.out)).toEqual({ qr: expect.stringContaining(','), expiresAt: expect.stringMatching(/^20.*Z$/) })
  const { out } = await runVerb(['instances', 'qr', 'sales', '--text'], env)
  expect(out).toMatch(/^[^\s,]+(,[^\s,]+)+\n$/)
  await simulator.scanQr(out.trim(), { pn: OTHER_PHONE, name: 'Sales' })
  await until('it to be open', async () => (await zaplog.call('GET', '/v1/instances/sales')).body.state === 'open')

  expect(await runVerb(['instances', 'qr', 'sales'], env)).toEqual({
    code: 0,
    out: `Sales is paired with ${OTHER_PHONE}\n`,
    err: '',
  })
  const none = await runVerb(['instances', 'qr', 'sales', '--text'], env)
  expect(none).toEqual({
    code: 1,
    out: '',
    err: expect.stringMatching(
      `^Sales is paired with ${OTHER_PHONE}; ZAPLOG_URL=\\S+ (DATA_DIR=\\S+ )?\\./zaplog instances logout sales unlinks it, restart then asks for a new code\n$`,
    ),
  })
})

test('[A1] what has ended is not waited for', async () => {
  const { code, err } = await runVerb(['instances', 'qr', 'nobody'], env)
  expect({ code, err }).toEqual({
    code: 1,
    err: expect.stringMatching(
      /^asking for a QR code of nobody: there is no instance nobody; .*zaplog instances list shows what there is\n$/,
    ),
  })
})

test('[L] --text and --json are one or the other', async () => {
  const { code, err } = await runVerb(['instances', 'qr', 'support', '--text', '--json'], env)
  expect(code).toBe(2)
  expect(err).toContain("option '--text' cannot be used with option '--json'")
})

test('[A1] a line is said when it changes, and again after 20 s of silence', () => {
  const isDue = createReminder(20_000)
  const said = (line: string, atMs: number) => isDue(line, atMs)
  expect([said('connecting', 0), said('connecting', 3_000), said('reconnecting', 6_000)]).toEqual([true, false, true])
  expect([said('reconnecting', 25_999), said('reconnecting', 26_000), said('reconnecting', 29_000)]).toEqual([false, true, false])
})
