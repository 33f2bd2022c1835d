// Guarantee: a phone is linked from the command line by a code that is typed on it, and a zaplog that is killed before somebody typed it
// shows a QR code again, as if none had been asked for.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSimulator, type Simulator } from '../../simulator/simulator.ts'
import { runVerb } from '../ground/cli/run-verb.ts'
import { launchVerb } from '../ground/cli/verb.ts'
import { type Launched, launchZaplog, makeDataDir, type ZaplogProcess } from '../ground/scenarios/zaplog-process.ts'
import { until } from '../ground/until.ts'

const PHONE = '5511900000001'
const OTHER_PHONE = '5511900000002'

let simulator: Simulator
let dataDir: ReturnType<typeof makeDataDir>
let launched: Launched
let zaplog: ZaplogProcess
let env: Record<string, string>

beforeAll(async () => {
  simulator = await openSimulator()
  dataDir = makeDataDir()
  await launch()
})
afterAll(async () => {
  await launched.killEverything()
  dataDir.remove()
  await simulator.close()
})

async function launch(): Promise<void> {
  const whatsapp = { WHATSAPP_URL: simulator.url, WHATSAPP_CDN_URL: simulator.cdnUrl }
  launched = launchZaplog({ program: 'start', dataDir: dataDir.path, env: whatsapp })
  zaplog = await launched.listening
  env = { ZAPLOG_URL: zaplog.url, DATA_DIR: dataDir.path }
}

const create = (id: string) => runVerb(['instances', 'create', '--name', 'Support', '--id', id, '--no-qr'], env)

test('[A1] the code is shown as phones show it, with where to type it, until it is typed', async () => {
  await create('support')
  const verb = launchVerb(['instances', 'pair', 'support', '--phone', '+55 11 90000-0001'], env)
  await verb.says(/^[0-9A-Z]{4}-[0-9A-Z]{4}\n$/)
  await until('it to say where', () => verb.stderr().includes('Link with phone number instead') || null)
  expect(verb.stderr()).toMatch(/^Type the code there\. It is valid until \d{4}-\S+Z at most, then another one comes\.$/m)
  await simulator.typePairingCode(verb.stdout().trim(), { pn: PHONE, name: 'Support' })
  expect(await verb.ended).toBe(0)
  expect(verb.stdout()).toMatch(new RegExp(`^\\S+\nSupport is paired with ${PHONE}\n$`))
  expect(await runVerb(['instances', 'pair', 'support', '--phone', PHONE], env)).toEqual({
    code: 0,
    out: `Support is paired with ${PHONE}\n`,
    err: '',
  })
})

test('[A1] --json says the code and its end, once; Ctrl-C ends a wait and keeps the instance', async () => {
  await create('sales')
  const { out } = await runVerb(['instances', 'pair', 'sales', '--phone', OTHER_PHONE, '--json'], env)
  const code: { code: string } = JSON.parse(out)
  expect(code).toEqual({ code: expect.stringMatching(/^[0-9A-Z]{8}$/), expiresAt: expect.stringMatching(/^20.*Z$/) })
  const verb = launchVerb(['instances', 'pair', 'sales', '--phone', OTHER_PHONE], env)
  await verb.says(`${code.code.slice(0, 4)}-${code.code.slice(4)}\n`)
  verb.signal('SIGINT')
  expect(await verb.ended).toBe(1)
  await until('the wait to be told', () =>
    /^stopped waiting, sales is kept; .* instances pair sales --phone 5511900000002 asks for a code again$/m.test(verb.stderr())
      ? true
      : null,
  )
})

test('[L] a number that is none is said, with what one looks like', async () => {
  const { code, err } = await runVerb(['instances', 'pair', 'sales', '--phone', '90000-000x'], env)
  expect(code).toBe(1)
  expect(err).toContain('expected a phone number with its country (+55 11 90000-0011 or 5511900000011)')
})

test('[A1] killed while a code is out: the next connect shows a QR code, nobody is logged out, and a scan links the phone', async () => {
  await create('killed')
  const asked = await zaplog.call('POST', '/v1/instances/killed/pairing-code', { phone: OTHER_PHONE })
  expect(asked.status).toBe(200)
  const before = (await zaplog.call('GET', '/v1/instances/killed/qr')).body.qr
  await launched.kill()
  await launch()
  const { qr } = await until('another QR code', async () => {
    const { status, body } = await zaplog.call('GET', '/v1/instances/killed/qr?wait=30')
    return status === 200 && body.qr !== before && body
  })
  await expect(simulator.typePairingCode(String(asked.body.code), { pn: OTHER_PHONE })).rejects.toThrow()
  await simulator.scanQr(String(qr), { pn: OTHER_PHONE, name: 'Killed' })
  const open = await until('it to be open', async () => {
    const { body } = await zaplog.call('GET', '/v1/instances/killed')
    expect(body.state).not.toBe('logged-out')
    return body.state === 'open' && body
  })
  expect(open.phone).toBe(OTHER_PHONE)
})
