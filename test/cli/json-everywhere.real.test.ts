// Guarantee: whoever reads us with a program gets JSON from every verb, one document on stdout or one problem as the last line of stderr.
import type { RequestListener } from 'node:http'
import { expect, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { callVerbs } from '../../src/cli/generated/call-verbs.ts'
import { jsonIsWanted } from '../../src/cli/json-wanted.ts'
import { verbOf, verbsOf } from '../../src/cli/verb-of.ts'
import { program } from '../../src/cli/zaplog.ts'
import { alwaysJson, alwaysProblem, KEY } from '../ground/cli/refused.ts'
import { runVerb } from '../ground/cli/run-verb.ts'
import { calls as ownCalls, someOfRoutes } from '../ground/cli/verbs-that-call.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'

const pathOf = (verb: (typeof verbs)[number]): string =>
  verb.parent === null || verb.parent === program ? verb.name() : `${pathOf(verb.parent)} ${verb.name()}`
const verbs = verbsOf(program)
const paths = verbs.map(pathOf)

/** A document for each thing that happens. */
const endless = ['webhooks listen', 'events tail']
const alone = [
  'start',
  'demo',
  'simulate',
  'dev services',
  'dev secrets',
  'topics',
  'schemas',
  'version',
  'help',
  'doctor',
  'migrate',
  'completion',
]

const calls = { ...ownCalls, ...someOfRoutes }
/** Each is a process: of those that are made of routes some stand for all. */
const begun = [...Object.keys(calls), ...alone]

const problemIn = (err: string) => JSON.parse(err.trimEnd().split('\n').at(-1) ?? '')

/** A few at a time: each is a process. */
async function inTurns<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const rest = [...items]
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item)
  }
  await Promise.all([worker(), worker(), worker()])
}

test('[H7] every verb is known here, and has --json', () => {
  const ofRoutes = callVerbs.map(({ thing, name }) => `${thing} ${name}`)
  expect(paths.toSorted()).toEqual([...Object.keys(ownCalls), ...alone, ...ofRoutes].toSorted())
  expect(ofRoutes).toEqual(expect.arrayContaining(Object.keys(someOfRoutes)))
  for (const verb of verbs)
    expect([pathOf(verb), verb.options.map(one => one.long)]).toEqual([pathOf(verb), expect.arrayContaining(['--json'])])
})

test('[H7] a mistake in the command line of any verb is a problem in JSON, and stdout stays empty', async () => {
  await inTurns(begun, async path => {
    const { code, out, err } = await runVerb([...path.split(' '), '--json', '--no-such-thing'], {})
    expect({ path, code, out }).toEqual({ path, code: exitCodes.usage, out: '' })
    expect(problemIn(err)).toEqual({
      type: 'urn:zaplog:problem:usage',
      title: expect.any(String),
      detail: expect.stringContaining(`zaplog ${path}: `),
      exitCode: exitCodes.usage,
    })
  })
})

test('[H7] a refusal of zaplog is its problem as it came, with the call and the exit code', async () => {
  const errors = [{ pointer: '/name', expected: 'a name', received: '5' }]
  const { url } = await openLoopbackServer(alwaysProblem(422, 'invalid-input', { errors }))
  await inTurns(
    Object.entries(calls).filter(([path]) => path !== 'status'),
    async ([path, args]) => {
      const { code, out, err } = await runVerb([...path.split(' '), ...args, '--json'], { ZAPLOG_URL: url, ADMIN_API_KEY: KEY })
      expect({ path, code, out }).toEqual({ path, code: exitCodes.failed, out: '' })
      expect(problemIn(err)).toEqual({
        type: 'urn:zaplog:problem:invalid-input',
        title: 'A title',
        status: 422,
        detail: 'what stands against it',
        errors,
        call: { method: expect.stringMatching(/^[A-Z]+$/), url: expect.stringContaining(`${url}/v1/`) },
        exitCode: exitCodes.failed,
      })
    },
  )
})

/** One that was over at once. */
const replay = {
  ...{ id: 'rp_1', name: 'backfill', state: 'done', why: null, targets: ['wa.replay.backfill'], records: 1, read: 1, written: 1 },
  ...{ percent: 100, perSecond: null, secondsLeft: null },
}

/** One that was swapped in at once. */
const rebuild = {
  ...{
    id: 'rb_1',
    projection: 'read-model',
    state: 'swapped',
    swap: 'auto',
    wanted: null,
    why: null,
    records: 1,
    read: 1,
    percent: 100,
    perSecond: null,
  },
  ...{ secondsLeft: null, compared: [], leftOut: [] },
}

/** One that leaves the account out. */
const projection = {
  ...{ name: 'read-model', version: 1, state: 'degraded', lagRecords: 0, lagMs: 0, skipped: [] },
  keys: [{ key: 'shop', topic: 'wa.events', partition: 0, offset: '7', error: 'no', since: '2026', held: 1, asked: null }],
}
const changedKey = { key: 'shop', projections: ['read-model'], done: false }

test('[H7] whatever zaplog answers is one document on stdout, and nothing else is there', async () => {
  const shop = { id: 'shop', name: 'Shop', state: 'open', stateAt: '2026', reasonText: null, phone: null, epoch: 3 }
  const deletion = { goes: [], stays: [] }
  const deleted = { ...shop, deletion }
  const purge = { instanceId: 'shop', state: 'done', doneAt: '2026', step: null, waitsFor: null, erased: [], deletion }
  const tested = { delivered: true, statusCode: 204, error: null, durationMs: 5 }
  const endpoint = { id: 'one', url: 'https://example.com/hook', enabled: true, secret: 'whsec_c2VjcmV0' }
  const history = { historySync: true, state: 'none', messages: 0, people: 0, parts: [] }
  const counted = { keyId: '5d0a3c91', keyIds: ['5d0a3c91'], values: 3, keys: { '5d0a3c91': 3 }, others: 0 }
  const { others: _, ...walked } = counted
  const sealed = { ...walked, next: null }
  const code = { qr: 'a,b,c,d', expiresAt: '2026' }
  const sent = { chatId: '5511900000011@s.whatsapp.net', state: 'completed', queuedUntil: '2026', reason: null, reasonText: null }
  const command = { commandId: 'one', messageId: '3EB0', ...sent }
  const pairingCode = { code: 'ABCD1234', expiresAt: '2026' }
  const sentUpload = { uploadId: 'one', state: 'sent', messageId: '3EB0', reason: null, reasonText: null }
  const event = {
    eventId: 'one',
    instanceId: 'shop',
    type: null,
    messageId: null,
    row: 'message',
    record: null,
    body: null,
    lookedAt: [],
  }
  const failed = { status: 'failed', reason: 'gone', stage: 'download', retryable: false, detail: null }
  const file = { ...failed, mimetype: null, sizeBytes: null, url: 'http://127.0.0.1:1/m/one' }
  const nothingSaid = { editedAt: null, revokedAt: null, undecryptable: null, commandId: null, status: null, chatId: null }
  const message = { ...nothingSaid, eventId: 'one', messageId: '3EB0', kind: 'image', occurredAt: '2026', media: file }
  const ofEvents: Readonly<Record<string, object>> = {
    '/v1/events/0a1b2c3d4e5f60718293a4b5c6d7e8f9': event,
    '/v1/events/0a1b2c3d4e5f60718293a4b5c6d7e8f9/deliveries': { data: [], nextCursor: null },
    '/v1/instances/shop/messages/0a1b2c3d4e5f60718293a4b5c6d7e8f9': message,
    '/v1/lag': { data: [] },
    '/v1/projections': { data: [projection] },
    '/v1/encryption-keys': sealed,
    '/v1/encryption-keys/rotate': { ...sealed, resealed: 1 },
  }
  const answer: RequestListener = (request, response) => {
    const [path = ''] = request.url?.split('?') ?? []
    if (ofEvents[path] !== undefined) return alwaysJson(200, ofEvents[path])(request, response)
    if (request.method === 'DELETE' && path.includes('endpoints')) return void response.writeHead(204).end()
    if (path === '/health/ready') return alwaysJson(200, { status: 'ok', checks: [] })(request, response)
    if (path === '/v1/version') return alwaysJson(200, { version: '9.9.9' })(request, response)
    if (request.method === 'DELETE') return alwaysJson(200, deleted)(request, response)
    if (path.includes('/commands/')) return alwaysJson(200, command)(request, response)
    if (path.endsWith('/uploads')) return alwaysJson(201, { ...sentUpload, url: null, headers: {} })(request, response)
    if (path.includes('/uploads/')) return alwaysJson(200, sentUpload)(request, response)
    if (path.endsWith('/messages') || (request.method === 'PATCH' && path.includes('/chats/')))
      return alwaysJson(202, { commandId: 'one' })(request, response)
    const special = {
      '/qr': code,
      '/pairing-code': pairingCode,
      '/purge': purge,
      '/history': history,
      '/test': tested,
      '/replays': replay,
      '/rebuilds': rebuild,
      endpoints: endpoint,
    }
    const one = Object.entries(special).find(([part]) => path.includes(part))?.[1] ?? shop
    const isList = request.method === 'GET' && /s$/.test(path)
    return alwaysJson(200, isList ? { data: [one], nextCursor: null } : one)(request, response)
  }
  const { url } = await openLoopbackServer(answer)
  const expected: Record<string, unknown> = {
    'instances list': [shop],
    ls: [shop],
    'instances qr': code,
    'instances pair': pairingCode,
    'instances delete': deleted,
    'instances purge-status': purge,
    'instances history': history,
    send: { ...command, idempotencyKey: expect.any(String) },
    'chats archive': { ...command, idempotencyKey: expect.any(String) },
    'groups list': { data: [shop], nextCursor: null },
    'uploads delete': { done: true },
    'events why': expect.objectContaining({ event, message, deliveries: [], next: expect.any(Array) }),
    'media why': expect.objectContaining({ event, message, deliveries: [], next: expect.any(Array) }),
    lag: { data: [] },
    'keys status': { ...counted, resealed: 0 },
    'keys rotate': { ...counted, resealed: 1 },
    upload: { ...sentUpload, idempotencyKey: expect.any(String) },
    'webhooks test': tested,
    'webhooks list': [endpoint],
    'webhooks remove': { id: 'one', removed: true },
    replay,
    'replays status': replay,
    'projections list': { data: [projection] },
    'projections resume': { doing: 'resume', ...changedKey },
    'projections skip': { doing: 'skip', ...changedKey },
    rebuild,
    'rebuilds status': rebuild,
    'rebuilds swap': rebuild,
    'rebuilds rollback': rebuild,
    status: { url, status: 'ok', checks: [], version: '9.9.9', instances: [shop], endpoints: [endpoint], waitingRebuilds: [] },
  }
  const ending = Object.entries(calls).filter(([path]) => !endless.includes(path))
  await inTurns(ending, async ([path, args]) => {
    const ended = await runVerb([...path.split(' '), ...args, '--json'], { ZAPLOG_URL: url, ADMIN_API_KEY: KEY })
    expect({ path, code: ended.code, lines: ended.out.split('\n').length }).toEqual({ path, code: 0, lines: 2 })
    expect(JSON.parse(ended.out)).toEqual(expected[path] ?? (path.startsWith('webhooks') ? endpoint : shop))
  })
})

test('[H7] settings that keep zaplog from starting are problems, too', async () => {
  const start = await runVerb(['start', '--json'], { PORT: 'abc', DATABASE_POOL_SIZE: '1' })
  expect({ code: start.code, out: start.out }).toEqual({ code: exitCodes.configuration, out: '' })
  expect(problemIn(start.err)).toMatchObject({
    type: 'urn:zaplog:problem:misconfigured',
    settings: [{ name: 'PORT' }, { name: 'DATABASE_POOL_SIZE' }],
  })
})

test('[H7] where no zaplog answers, or something else does, the problem has the call that was made', async () => {
  const other = await openLoopbackServer((_, response) => response.end('<html>'))
  for (const base of ['http://127.0.0.1:1', other.url])
    for (const args of [['status'], ['instances', 'list']]) {
      const ended = await runVerb([...args, '--json'], { ZAPLOG_URL: base, ADMIN_API_KEY: KEY })
      const path = args[0] === 'status' ? '/health/ready' : '/v1/instances?limit=200'
      expect(problemIn(ended.err)).toEqual({
        type: expect.stringMatching(/^urn:zaplog:problem:/),
        title: expect.any(String),
        detail: expect.stringContaining(base),
        call: { method: 'GET', url: `${base}${path}` },
        exitCode: ended.code,
      })
    }
})

test('[H7] what stands behind a -- is nobody’s wish for JSON', () => {
  const wanted = (...words: string[]) => jsonIsWanted(['node', 'zaplog', ...words])
  expect([wanted('ls', '--json'), wanted('ls', '--', '--json'), wanted('--json', '--'), wanted('ls')]).toEqual([
    true,
    false,
    true,
    false,
  ])
})

test('[H7] a verb is found by its name and its alias, as far as the words lead', () => {
  expect(verbOf(program, ['instances', 'ls', 'x']).path).toEqual(['instances', 'list'])
  expect(verbOf(program, ['instances', 'lst']).path).toEqual(['instances'])
  expect(verbOf(program, []).path).toEqual([])
})

test('[I3] [H7] what comes from outside steers no terminal in JSON either, and is the same to a program', async () => {
  const name = 'a\u001b[2J\u009b2J\u202Eb\u2028c'
  const shop = { id: 'shop', name, state: 'open', stateAt: '2026', reasonText: null, phone: null }
  const { url } = await openLoopbackServer(alwaysJson(200, shop))
  for (const json of [[], ['--json']]) {
    const { out } = await runVerb(['instances', 'show', 'shop', ...json], { ZAPLOG_URL: url, ADMIN_API_KEY: KEY })
    expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Zl}\u202A-\u202E]/u)
    expect(JSON.parse(out)).toEqual(shop)
  }
})
