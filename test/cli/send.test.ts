// Guarantee: zaplog send says what came of it, in words and by its exit code, and whoever runs it again with its key sends nothing twice.
import type { RequestListener } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import type { Command, WaitsFor } from '../../src/cli/answers.ts'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { waitCell, waitText } from '../../src/cli/say-wait.ts'
import { sendText } from '../../src/cli/send.ts'
import { alwaysJson, alwaysProblem, KEY, refused } from '../ground/cli/refused.ts'
import { runVerb } from '../ground/cli/run-verb.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'

const shop = { id: 'shop', name: 'Shop', state: 'open', stateAt: '2026', reasonText: null, phone: null }
const command = {
  commandId: 'c1',
  messageId: '3EB0A1',
  chatId: '5511900000011@s.whatsapp.net',
  state: 'completed',
  queuedUntil: '2026-01-06T12:00:00.000Z',
  waitsFor: null as WaitsFor | null,
  reason: null as string | null,
  reasonText: null as string | null,
}
type Asked = { path: string; key: string | undefined; body: unknown }

/** `states`: what a command is each time that it is read, the last one for ever. */
async function openZaplog(
  of: { instances?: object[]; states?: (typeof command)[]; ask?: RequestListener; look?: RequestListener } = {},
) {
  const { instances = [shop], states = [command], ask = alwaysJson(202, { commandId: 'c1' }) } = of
  const {
    look = (...call) => alwaysJson(200, states[Math.min(reads++, states.length - 1)])(...call),
  }: { look?: RequestListener } = of
  const asked: Asked[] = []
  let reads = 0
  const { url } = await openLoopbackServer(async (request, response) => {
    const [path = ''] = request.url?.split('?') ?? []
    if (request.method === 'POST') {
      asked.push({ path, key: String(request.headers['idempotency-key']), body: JSON.parse(await text(request)) })
      return ask(request, response)
    }
    if (path.endsWith('/commands/c1')) return look(request, response)
    if (path === '/v1/instances') return alwaysJson(200, { data: instances, nextCursor: null })(request, response)
    return alwaysJson(200, instances[0])(request, response)
  })
  return { url, env: { ZAPLOG_URL: url, ADMIN_API_KEY: KEY }, asked, reads: () => reads }
}

test('[H7] [F1] a text goes out once, by the only instance there is, and what WhatsApp took is said', async () => {
  const waiting = { ...command, state: 'waiting' }
  const zaplog = await openZaplog({ states: [waiting, { ...command, state: 'sending' }, command] })
  const { code, out, err } = await runVerb(['send', '+55 11 90000-0011', 'Olá', '--key', 'order 1'], zaplog.env)
  expect({ code, out, err }).toEqual({
    code: exitCodes.done,
    out: 'WhatsApp took it for +55 11 90000-0011 (message 3EB0A1)\n',
    err: '',
  })
  expect(zaplog.asked).toEqual([
    { path: '/v1/instances/shop/messages', key: 'order 1', body: { chatId: '+55 11 90000-0011', kind: 'text', text: 'Olá' } },
  ])
  expect(zaplog.reads()).toBe(3)
})

test('[H7] [F1] with --no-wait the command’s id is said at once, and nothing is asked of what came of it', async () => {
  const zaplog = await openZaplog()
  const { code, out } = await runVerb(['send', '5511900000011', 'Olá', '--no-wait'], zaplog.env)
  expect({ code, out }).toEqual({ code: exitCodes.done, out: 'c1\n' })
  expect([zaplog.asked.length, zaplog.reads()]).toEqual([1, 0])
})

test('[H7] [F1] a file is sent by its URL, with the text as its caption; with neither nothing is', async () => {
  const zaplog = await openZaplog()
  const url = 'https://example.com/foto.jpg'
  await runVerb(['send', '5511900000011', 'Olha', '--url', url, '--kind', 'image'], zaplog.env)
  await runVerb(['send', '5511900000011', '--url', url], zaplog.env)
  const to = { chatId: '5511900000011', media: { url } }
  expect(zaplog.asked.map(({ body }) => body)).toEqual([
    { ...to, kind: 'image', caption: 'Olha' },
    { ...to, kind: 'document' },
  ])
  expect(await refused(['send', '5511900000011', 'Olá', '--kind', 'image'], zaplog.env)).toEqual({
    code: exitCodes.usage,
    said: 'zaplog send: expected --url with --kind\n./zaplog send --help says what there is',
  })
  expect((await refused(['send', '5511900000011'], zaplog.env)).said).toContain("missing required argument 'text', or --url")
  expect(zaplog.asked).toHaveLength(2)
})

test('[H7] [F1] with --json it is the command as it is at its end, with its key', async () => {
  const zaplog = await openZaplog()
  const { code, out } = await runVerb(['send', '5511900000011', 'Olá', '--instance', 'shop', '--json'], zaplog.env)
  const json = { ...command, idempotencyKey: zaplog.asked[0]?.key }
  expect({ code, json: JSON.parse(out) }).toEqual({ code: exitCodes.done, json })
})

test('[H7] [F1] what failed ends with 1 and says why; while the account is not open that is said first', async () => {
  const failed = { ...command, state: 'failed', reason: 'not-on-whatsapp', reasonText: 'The number is not on WhatsApp' }
  const zaplog = await openZaplog({
    instances: [{ ...shop, state: 'reconnecting', reasonText: 'The connection was lost.' }],
    states: [failed],
  })
  expect(await refused(['send', '5511900000011', 'Olá'], zaplog.env)).toEqual({
    code: exitCodes.failed,
    said:
      'instance shop is reconnecting (The connection was lost): it is sent once that is open\n' +
      'it was not sent: The number is not on WhatsApp',
  })
})

test.each([
  ['closed', 'restart shop opens it again'],
  ['qr', 'qr shop shows the code to scan'],
])('[H7] what opens an account that is %s is said, and what is refused is called as it was typed', async (state, next) => {
  const errors = [{ pointer: '/chatId', expected: 'a phone number with its country, or an address', received: '"nobody"' }]
  const zaplog = await openZaplog({ instances: [{ ...shop, state }], ask: alwaysProblem(422, 'invalid-input', { errors }) })
  expect(await refused(['send', 'nobody', 'Olá'], zaplog.env)).toEqual({
    code: exitCodes.failed,
    said:
      `instance shop is ${state}: it is sent once that is open; ZAPLOG_URL=${zaplog.url} ./zaplog instances ${next}\n` +
      'sending to nobody: <number>: expected a phone number with its country, or an address, got "nobody"; ' +
      `ZAPLOG_URL=${zaplog.url} ./zaplog chats list shows chats by name, contacts list people`,
  })
})

const NEXT_AT = '2026-01-05T12:10:00.000Z'
const waits = (reason: string, more: Partial<WaitsFor> = {}): WaitsFor => {
  return { reason, nextAt: NEXT_AT, commandId: null, instanceState: null, refusal: null, ...more }
}
const refusal = { reason: 'refused', reasonText: 'It was refused.', code: '479' }
const untimed = { nextAt: null }

test.each<[wait: WaitsFor, said: string]>([
  [waits('connection', { ...untimed, instanceState: 'reconnecting' }), 'instance shop is reconnecting'],
  [waits('earlier-command', { ...untimed, commandId: 'c0' }), 'an earlier command of its chat is not over: c0'],
  [
    waits('first-contact-pace', untimed),
    'it waits for its turn: an account begins so many new chats a minute (OUTBOUND_FIRST_PER_MINUTE)',
  ],
  [waits('log', untimed), 'its record, or what came of it, is on its way through the log'],
  [waits('media', untimed), 'its file is being prepared or uploaded, or waits for that'],
  [
    waits('pace'),
    `it waits for its turn: an account writes so many messages a minute (OUTBOUND_PER_MINUTE), the next turn is at ${NEXT_AT}`,
  ],
  [
    waits('rate-limited'),
    `WhatsApp said that the account wrote too much (429), and none of its messages goes out until ${NEXT_AT}`,
  ],
  [waits('retry', { refusal }), `it is tried again at ${NEXT_AT}: WhatsApp refused the last try, It was refused (479)`],
  [waits('retry'), `it is tried again at ${NEXT_AT}: WhatsApp said nothing to the last try`],
  [waits('sending', untimed), 'a try is under way, and WhatsApp may have it'],
  [waits('start', untimed), 'it goes next'],
  [waits('the\nmoon'), `it waits for the\u{fffd}moon until ${NEXT_AT}`],
])('[H7] [F1] what a command waits for is said as it is: $reason', (waitsFor, said) => {
  const found: Command = { ...command, state: 'waiting', waitsFor }
  expect(waitText(found, 'shop')).toBe(said)
})

test('[H7] [F1] of a change it is the pace of changes, of an earlier zaplog nothing that it does not say, in a cell why and until when', () => {
  const change: Command = { ...command, messageId: null, state: 'waiting', waitsFor: waits('pace', untimed) }
  expect(waitText(change, 'shop')).toBe('it waits for its turn: an account is asked for so many changes a minute')
  expect(waitText({ ...change, waitsFor: undefined }, 'shop')).toBe('it is waiting, and nobody says what it waits for')
  expect([waits('retry', { refusal }), waits('log', untimed), null].map(waitCell)).toEqual([
    `retry until ${NEXT_AT}`,
    'log',
    null,
  ])
})

test('[H7] [F1] what still waits after a while is worth another look: 75, until when it is tried, and what it waits for', async () => {
  const { url, asked } = await openZaplog({ states: [{ ...command, state: 'waiting', waitsFor: waits('first-contact-pace') }] })
  const api = { base: url, key: KEY, keyFrom: 'ADMIN_API_KEY', zaplog: './zaplog' }
  const how = { say: () => undefined, waitMs: 0, stopping: new AbortController().signal }
  const error: unknown = await sendText(api, { number: '5511900000011', text: 'Olá' }, how).catch((error: unknown) => error)
  const key = asked[0]?.key
  expect(key).toMatch(/^[0-9a-f-]{36}$/)
  expect(error).toMatchObject({
    exitCode: exitCodes.tryLater,
    message:
      'it is not sent yet, and zaplog goes on trying until 2026-01-06T12:00:00.000Z: it waits for its turn: an account begins so many new chats a minute ' +
      `(OUTBOUND_FIRST_PER_MINUTE), the next one at ${NEXT_AT}; the same again with --key ${key} is sent once`,
    told: { rest: { command: { state: 'waiting' }, idempotencyKey: key } },
  })
})

test('[H7] [F1] where nobody knows whether it was taken, the key that sends it once is said', async () => {
  const away = await openZaplog({ ask: alwaysProblem(503, 'unavailable') })
  const { code, said } = await refused(['send', '5511900000011', 'Olá'], away.env)
  expect({ code, said }).toEqual({
    code: exitCodes.tryLater,
    said: `sending to 5511900000011: what stands against it; the same again with --key ${away.asked[0]?.key} is sent once`,
  })
  expect(away.asked[0]?.key).toMatch(/^[0-9a-f-]{36}$/)
})

test('[H7] [F1] where it was taken and what came of it cannot be asked, the key that sends it once is said, also with --json', async () => {
  const away = await openZaplog({ look: alwaysProblem(503, 'unavailable') })
  const { code, said } = await refused(['send', '5511900000011', 'Olá'], away.env)
  expect({ code, said }).toEqual({
    code: exitCodes.tryLater,
    said: `asking what came of it: what stands against it; the same again with --key ${away.asked[0]?.key} is sent once`,
  })
  const json = await refused(['send', '5511900000011', 'Olá', '--json'], away.env)
  expect(JSON.parse(json.said)).toMatchObject({ idempotencyKey: away.asked[1]?.key })
})

test('[H7] who sends has to be named where there are several, and is there where there is none', async () => {
  const several = await openZaplog({ instances: [shop, { ...shop, id: 'store' }] })
  expect(await refused(['send', '5511900000011', 'Olá'], several.env)).toEqual({
    code: exitCodes.usage,
    said: 'expected --instance, because there are 2: shop, store',
  })
  const none = await openZaplog({ instances: [] })
  expect(await refused(['send', '5511900000011', 'Olá'], none.env)).toMatchObject({
    code: exitCodes.failed,
    said: expect.stringMatching(/^there is no instance to send with: .*zaplog instances create --name "Support" makes one$/),
  })
  expect([...several.asked, ...none.asked]).toEqual([])
})

test('[H7] a key that no header carries is refused before anything is sent', async () => {
  const zaplog = await openZaplog()
  expect(await refused(['send', '5511900000011', 'Olá', '--key', '鍵'], zaplog.env)).toMatchObject({ code: exitCodes.usage })
  expect(zaplog.asked).toEqual([])
})
