// What an account is asked about people and about itself, over HTTP: what can be done is one command, what cannot is said at once.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
let api: TestApi
beforeAll(async () => {
  api = await openTestApi('api-contacts-actions', logger, { commandsWaitingMax: 4 })
})
afterAll(() => api.close())

const jpegOf = (width: number, height: number) => {
  const frame = Buffer.from('ffd8ffe000044a46ffc0000b080000000001011100', 'hex')
  frame.writeUInt16BE(height, 13)
  frame.writeUInt16BE(width, 15)
  return frame.toString('base64')
}
let made = 0
async function anInstance(): Promise<string> {
  made += 1
  expect((await api.call('POST', '/v1/instances', { body: { id: `shop-${made}`, name: 'shop' } })).status).toBe(201)
  return `shop-${made}`
}
const keptOf = (commandId: unknown) =>
  api.database.query('select operation, chat_id, body from commands where command_id = $1', [commandId])

const ana = '5511900000011@s.whatsapp.net'
test.each([
  ['PUT', 'contacts/+5511900000011/block', undefined, 'contact.block', ana, { personId: ana, on: true }],
  ['DELETE', 'contacts/5511900000011/block', undefined, 'contact.block', ana, { personId: ana, on: false }],
  [
    'PUT',
    'contacts/5511900000011',
    { name: 'Ana Souza' },
    'contact.save',
    ana,
    { personId: ana, name: 'Ana Souza', onPhone: true },
  ],
  ['DELETE', 'contacts/5511900000011', undefined, 'contact.remove', ana, { personId: ana }],
  ['PATCH', 'profile', { name: 'Shop', about: '' }, 'profile.change', '', { name: 'Shop', about: '' }],
  ['PUT', 'profile/picture', { picture: jpegOf(640, 640) }, 'profile.picture', '', { picture: jpegOf(640, 640) }],
  ['DELETE', 'profile/picture', undefined, 'profile.picture', '', { picture: null }],
  ['PATCH', 'privacy', { lastSeen: 'none', callsAdd: 'known' }, 'privacy.change', '', { lastSeen: 'none', callsAdd: 'known' }],
  ['PATCH', 'privacy', { defaultExpiresInSeconds: 0 }, 'privacy.change', '', { defaultExpiresInSeconds: 0 }],
])('[F1] %s %s is one command', async (method, path, body, operation, chatId, kept) => {
  const { status, json, text } = await api.call(method, `/v1/instances/${await anInstance()}/${path}`, { body })
  expect(status, text).toBe(202)
  expect(await keptOf(json.commandId)).toEqual([{ operation, chat_id: chatId, body: kept }])
})

test.each([
  ['PUT', 'contacts/5511900000011', { name: ' ' }, '/name'],
  ['PUT', 'contacts/5511900000011', { name: 'x'.repeat(251) }, '/name'],
  ['PATCH', 'profile', {}, ''],
  ['PATCH', 'profile', { name: 'x'.repeat(26) }, '/name'],
  ['PATCH', 'profile', { about: 'x'.repeat(140) }, '/about'],
  ['PUT', 'profile/picture', { picture: jpegOf(641, 640) }, '/picture'],
  ['PUT', 'profile/picture', { picture: jpegOf(0, 640) }, '/picture'],
  ['PUT', 'profile/picture', { picture: Buffer.from('no picture').toString('base64') }, '/picture'],
  ['PUT', 'profile/picture', { picture: '***' }, '/picture'],
  ['PATCH', 'privacy', {}, ''],
  ['PATCH', 'privacy', { readReceipts: 'contacts' }, '/readReceipts'],
  ['PATCH', 'privacy', { defaultExpiresInSeconds: 60 }, '/defaultExpiresInSeconds'],
])('[F1] %s %s with what cannot be done is 422 in words', async (method, path, body, pointer) => {
  const { status, json } = await api.call(method, `/v1/instances/${await anInstance()}/${path}`, { body })
  expect([status, json]).toEqual([422, expect.objectContaining({ errors: [expect.objectContaining({ pointer })] })])
})

test('[F2] as many commands wait as may wait; what was asked for before is answered all the same, and no other account is held', async () => {
  const [id, other] = [await anInstance(), await anInstance()]
  // By the clock of the database: those whose record never came are looked at for an hour.
  api.clock.nowAt = Date.now()
  const ask = (of: string, nth: number) =>
    api.call('DELETE', `/v1/instances/${of}/contacts/551190000002${nth}`, { headers: { 'idempotency-key': `key ${nth}` } })
  for (const nth of [1, 2, 3]) expect((await ask(id, nth)).status).toBe(202)
  await api.database.query(`update commands set state = 'accepted' where instance_id = $1 and chat_id like '%21@%'`, [id])
  expect((await ask(id, 4)).status).toBe(202)
  const { json, headers } = await ask(id, 5)
  expect(json).toMatchObject({
    type: 'urn:zaplog:problem:too-many-waiting',
    status: 429,
    detail: expect.stringContaining('4 commands wait'),
  })
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  expect([(await ask(id, 1)).status, (await ask(other, 5)).status]).toEqual([202, 202])
  await api.database.query(
    `update commands set state = 'completed', ended_at = now() where instance_id = $1 and chat_id like '%21@%'`,
    [id],
  )
  expect((await ask(id, 5)).status).toBe(202)
})
