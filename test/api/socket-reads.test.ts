// Reads that go through an account's connection, over HTTP: the question is a row, whoever holds the account answers it, in whichever process.
// Answers are written as the owner of an instance writes them, states come from its events through the read model.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openInstanceRows } from '../../src/instances/instance-rows.ts'
import type { SocketRead } from '../../src/instances/socket-answers.ts'
import {
  answerQuestions,
  askQuestions,
  outdateReads,
  readAnswers,
  readQuestions,
  type SocketAnswer,
} from '../../src/instances/socket-reads.ts'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { projectEvents, tellApi } from '../ground/api/project-events.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['request.failed'])
const ana = { pn: '5511900000011', lid: '200000000000011@lid' }
let api: TestApi
let hasty: { url: string; close(): Promise<void> }
let projection: { close(): Promise<void> }
let epoch = 0
beforeAll(async () => {
  api = await openTestApi('api-socket-reads', logger)
  projection = await projectEvents(api, logger)
  hasty = await api.openAnother({ socketReadWaitMs: 300 })
  for (const id of ['shop', 'away', 'gone', 'full']) await api.call('POST', '/v1/instances', { body: { id, name: id } })
  epoch = (await openInstanceRows(api).takeEpoch('shop')).epoch
  await tellApi(api, [
    anEvent('instance.state-changed', { instanceId: 'shop', state: 'open', phone: '5511900000001' }),
    anEvent('instance.state-changed', {
      instanceId: 'away',
      state: 'reconnecting',
      phone: '5511900000002',
      reasonText: 'The network is away.',
    }),
    anEvent('instance.state-changed', { instanceId: 'gone', state: 'logged-out' }),
  ])
})
afterAll(async () => {
  await projection.close()
  await api.close()
})

const at = (path: string) => `/v1/instances/shop/${path}`
const asked = (kind: SocketRead, count = 1) =>
  until(`${count} questions for ${kind}`, async () => {
    const found = (await readQuestions(api.database, ['shop'], { perInstance: 50 })).filter(one => one.kind === kind)
    return found.length === count ? found.map(({ subject }) => subject) : null
  })
async function answer(kind: SocketRead, answers: Readonly<Record<string, SocketAnswer>>) {
  const rows = Object.entries(answers).map(([subject, one]) => ({ subject, answer: one, keptMs: 60_000 }))
  await answerQuestions(api.database, { instanceId: 'shop', epoch, kind, answers: rows, readAt: Date.now() })
}
const here = { said: { onWhatsApp: true, id: ana.lid, pn: `${ana.pn}@s.whatsapp.net` } }
const nobody = { said: { onWhatsApp: false, id: null, pn: null } }

test('[F1] numbers are answered in the order and as often as they were asked for, and from what is kept with its age', async () => {
  const checking = api.call('POST', at('numbers/check'), { body: { numbers: ['+55 11 90000-0011', '5511900000012', ana.pn] } })
  expect((await asked('number', 2)).toSorted()).toEqual([ana.pn, '5511900000012'])
  await answer('number', { [ana.pn]: here, '5511900000012': nobody })
  const { status, json, text } = await checking
  expect(status, text).toBe(200)
  const answeredAt = expect.stringMatching(/^\d{4}-.*Z$/)
  const first = { number: ana.pn, ...here.said, code: null, answeredAt }
  expect(json).toEqual({ numbers: [first, { number: '5511900000012', ...nobody.said, code: null, answeredAt }, first] })
  await api.database.query(`update socket_reads set answered_at = now() - interval '100 s' where subject = $1`, [ana.pn])
  const again = await api.call('POST', at('numbers/check'), { body: { numbers: [ana.pn] } })
  expect([again.status, Number(again.headers.get('age'))]).toEqual([200, expect.closeTo(100, -1)])
  const newer = api.call('POST', at('numbers/check'), { body: { numbers: [ana.pn], maxAge: 50 } })
  expect(await asked('number')).toEqual([ana.pn])
  await answer('number', { [ana.pn]: nobody })
  expect((await newer).json).toMatchObject({ numbers: [{ onWhatsApp: false }] })
})

test('[F1] a number that WhatsApp says nothing of keeps no other from its answer; where it says nothing of any, that is said', async () => {
  const numbers = ['5511900000013', '5511900000014']
  const checking = api.call('POST', at('numbers/check'), { body: { numbers } })
  await asked('number', 2)
  await answer('number', { '5511900000013': here, '5511900000014': { code: 'none' } })
  const answeredAt = expect.any(String)
  expect((await checking).json).toEqual({
    numbers: [
      { number: '5511900000013', ...here.said, code: null, answeredAt },
      { number: '5511900000014', onWhatsApp: null, id: null, pn: null, code: 'none', answeredAt },
    ],
  })
  const again = await api.call('POST', at('numbers/check'), { body: { numbers: ['5511900000014'] } })
  expect(again.json).toMatchObject({ type: 'urn:zaplog:problem:whatsapp-refused', status: 502 })
})

const group = {
  ...{ subject: 'Family', description: '', ownerId: ana.lid, ownerPn: null, createdAt: null, announce: false, restrict: true },
  ...{
    memberAdd: false,
    expiresInSeconds: 0,
    isCommunity: false,
    parentGroupId: null,
    participants: [{ id: ana.lid, pn: null, role: 'admin' }],
  },
}
const business = { isBusiness: true, description: 'Flowers', category: null, address: null, email: null, websites: [] }
const privacy = {
  ...{
    lastSeen: 'none',
    online: 'match_last_seen',
    picture: 'contacts',
    about: 'all',
    readReceipts: 'all',
    groupsAdd: 'contacts',
  },
  callsAdd: null,
  defaultExpiresInSeconds: 604_800,
}
/** As a version said it that knew nothing of timers. */
const { defaultExpiresInSeconds: _, ...withoutTimer } = privacy
const blocklist = { contacts: [{ id: ana.lid, pn: null }] }
const picture = { pictureId: '17', url: 'https://pps.whatsapp.net/v/17' }
test.each([
  ['contacts/+5511900000021/picture', 'picture', '5511900000021@s.whatsapp.net', picture, picture],
  ['contacts/200000000000022@lid/picture?size=preview', 'picture-preview', '200000000000022@lid', picture, picture],
  [
    'contacts/5511900000023/about',
    'about',
    '5511900000023@s.whatsapp.net',
    { about: 'at work', setAt: null },
    { about: 'at work', setAt: null },
  ],
  ['contacts/5511900000024/business', 'business', '5511900000024@s.whatsapp.net', business, business],
  ['privacy', 'privacy', 'the account', privacy, privacy],
  ['privacy?maxAge=0', 'privacy', 'the account', withoutTimer, { ...withoutTimer, defaultExpiresInSeconds: null }],
  ['blocklist', 'blocklist', 'the account', blocklist, blocklist],
  ['groups/120363000000000001/live', 'group', '120363000000000001@g.us', group, { groupId: '120363000000000001@g.us', ...group }],
  [
    'contacts/5511900000025/about',
    'about',
    '5511900000025@s.whatsapp.net',
    { about: 'at\u0000work', setAt: null },
    { about: 'at\ufffdwork', setAt: null },
  ],
] as const)('[F1] %s answers what WhatsApp said', async (path, kind, subject, said, shown) => {
  const asking = api.call('GET', at(path))
  expect(await asked(kind)).toEqual([subject])
  await answer(kind, { [subject]: { said } })
  const { status, json, text } = await asking
  expect(status, text).toBe(200)
  expect(json).toEqual({ ...shown, answeredAt: expect.any(String) })
})

test.each([
  [
    'contacts/5511900000031/picture',
    'picture',
    '5511900000031@s.whatsapp.net',
    '404',
    404,
    'picture-not-found',
    'has no picture',
  ],
  ['contacts/5511900000032/picture', 'picture', '5511900000032@s.whatsapp.net', '401', 403, 'not-shown', 'does not show it'],
  ['contacts/5511900000033/picture', 'picture', '5511900000033@s.whatsapp.net', '429', 502, 'whatsapp-refused', 'asked too much'],
  ['contacts/5511900000034/about', 'about', '5511900000034@s.whatsapp.net', '500', 502, 'whatsapp-refused', 'answered 500'],
  ['privacy?maxAge=0', 'privacy', 'the account', '500', 502, 'whatsapp-refused', 'for the privacy of the account'],
  ['groups/120363000000000002/live', 'group', '120363000000000002@g.us', '404', 404, 'group-not-found', 'no group'],
  ['groups/120363000000000003/live', 'group', '120363000000000003@g.us', '403', 403, 'not-shown', 'does not show it'],
] as const)('[F1] %s that WhatsApp refuses is said in words', async (path, kind, subject, code, status, slug, words) => {
  const asking = api.call('GET', at(path))
  await asked(kind)
  await answer(kind, { [subject]: { code } })
  const { json, headers } = await asking
  expect(json).toMatchObject({ type: `urn:zaplog:problem:${slug}`, status, detail: expect.stringContaining(words) })
  expect(headers.get('retry-after')).toBe(status === 502 ? '20' : null)
})

test.each([
  ['shop', 504, 'not-answered', 'WhatsApp did not answer shop within 0.3 s: ask again'],
  [
    'away',
    504,
    'account-away',
    'instance away is reconnecting (The network is away.), and was not connected within 0.3 s: ask again once',
  ],
  ['gone', 409, 'instance-logged-out', 'instance gone is logged out'],
  ['nobody', 404, 'instance-not-found', 'there is no instance nobody'],
])('[F1] through %s it is %i %s in time, with what to do', async (id, status, slug, detail) => {
  const path = `/v1/instances/${id}/contacts/5511900000041/about`
  const { json } = await api.call('GET', new URL(path, hasty.url).href)
  expect(json).toMatchObject({ type: `urn:zaplog:problem:${slug}`, status, detail: expect.stringContaining(detail) })
})

test('[F1] however often something changes between a question and its answer, who asked before takes it, who asked after waits in turn', async () => {
  const { database } = api
  const [subject, other] = ['5511900000061@s.whatsapp.net', '5511900000062@s.whatsapp.net']
  const of = { instanceId: 'shop', kind: 'about' } as const
  const change = () => outdateReads(database, [{ ...of, subject }])
  const ask = (named = subject) => askQuestions(database, { ...of, subjects: [named], maxAgeMs: 60_000, withinMs: 60_000 })
  const saidTo = async (asked: Awaited<ReturnType<typeof ask>>) =>
    (await readAnswers(database, { ...of, subjects: [subject], ...asked })).map(found => found.answer)
  const said = (about: string) => ({ said: { about, setAt: null } })
  const open = async () =>
    (await readQuestions(database, ['shop'], { perInstance: 50 })).filter(one => [subject, other].includes(one.subject))
  const readAt = async () => (await open()).find(one => one.subject === subject)?.readAt ?? expect.fail('nothing is asked')
  const answerAsOf = (readAt: number, about: string) =>
    answerQuestions(database, { ...of, epoch, answers: [{ subject, answer: said(about), keptMs: 60_000 }], readAt })
  let before = await ask()
  await ask(other)
  for (const about of ['first', 'second']) {
    const read = await readAt()
    await change()
    const after = await ask()
    await answerAsOf(read, about)
    expect([await saidTo(before), await saidTo(after)]).toEqual([[said(about)], []])
    expect((await open()).map(one => one.subject)).toEqual([other, subject])
    before = after
  }
  const read = await readAt()
  await change()
  await answerAsOf(read, 'third')
  expect([await saidTo(before), (await open()).map(one => one.subject)]).toEqual([[said('third')], [other]])
  expect(await saidTo(await ask())).toEqual([])
  await answerAsOf(await readAt(), 'fourth')
  const kept = await ask()
  await change()
  const late = await ask()
  await change()
  expect([await saidTo(kept), await saidTo(late), await readAt()]).toEqual([[said('fourth')], [], expect.any(Number)])
  await database.query('delete from socket_reads where subject = any($1)', [[subject, other]])
})

test('[F1] a question that nobody answers is kept for no longer than somebody waits', async () => {
  const path = '/v1/instances/shop/contacts/5511900000043/about'
  expect((await api.call('GET', new URL(path, hasty.url).href)).status).toBe(504)
  const rows = await api.database.query<{ over: boolean }>(
    `select expires_at = asked_until and expires_at < now() as over from socket_reads where subject = '5511900000043@s.whatsapp.net'`,
  )
  expect(rows).toEqual([{ over: true }])
})

test('[F1] as many requests wait as may wait; what is kept is answered all the same', async () => {
  const narrow = await api.openAnother({ socketReadersMax: 1 })
  const about = (nth: number) => api.call('GET', new URL(`/v1/instances/shop/contacts/55119000000${nth}/about`, narrow.url).href)
  const subject = (nth: number) => `55119000000${nth}@s.whatsapp.net`
  const waiting = about(51)
  await asked('about')
  expect((await about(52)).json).toMatchObject({ type: 'urn:zaplog:problem:too-many-waiting', status: 429 })
  await answer('about', { [subject(51)]: { said: { about: 'first', setAt: null } } })
  expect((await waiting).json).toMatchObject({ about: 'first' })
  await answer('about', { [subject(52)]: { said: { about: 'second', setAt: null } } })
  expect((await about(52)).json).toMatchObject({ about: 'second' })
})

test('[F1] a group alone is read as a group', async () => {
  const { status, json } = await api.call('GET', at('groups/5511900000011@s.whatsapp.net/live'))
  expect([status, json.errors]).toMatchObject([422, [{ parameter: 'jid' }]])
})

test('[F1] as much waits as may wait; what is kept is answered all the same', async () => {
  await answer('about', { '5511900000023@s.whatsapp.net': { said: { about: 'kept', setAt: null } } })
  await api.database.query(
    `insert into socket_reads (instance_id, kind, subject, asked_at, asked_until, expires_at)
     select 'shop', 'about', 'nth ' || n, now(), now() + interval '1 min', now() + interval '1 min' from generate_series(1, 500) n`,
  )
  const { json, headers } = await api.call('GET', at('contacts/5511900000042/about'))
  expect(json).toMatchObject({ type: 'urn:zaplog:problem:too-many-waiting', status: 429 })
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await api.call('GET', at('contacts/5511900000023/about'))).json).toMatchObject({ about: 'kept' })
  await api.database.query(`delete from socket_reads where subject like 'nth %'`)
})

test.each([
  ['no number', { numbers: [] }, '/numbers'],
  ['51 numbers', { numbers: Array.from({ length: 51 }, (_, nth) => `55119000001${nth + 10}`) }, '/numbers'],
  ['what is no number', { numbers: ['mine'] }, '/numbers/0'],
  ['an age that is none', { numbers: [ana.pn], maxAge: -1 }, '/maxAge'],
])('[F1] %s is 422 in words', async (_, body, pointer) => {
  const { status, json } = await api.call('POST', at('numbers/check'), { body })
  expect([status, json]).toEqual([422, expect.objectContaining({ errors: [expect.objectContaining({ pointer })] })])
})
