// Endpoints get what changed; a state that was told as a whole comes only to those that ask for snapshots, whatever types they name.
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from '../../src/database/migrate.ts'
import type { EventType } from '../../src/events/event.ts'
import { getEndpoint, patchEndpoint } from '../../src/webhooks/endpoints/endpoints.ts'
import { matchEndpoint } from '../../src/webhooks/stream/match-endpoint.ts'
import { openTestDatabase } from '../ground/database.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { endpointDeps, never, openStream, testSealer } from '../ground/webhooks/open-stream.ts'

const stream = await openStream('snapshots')
const closing: (() => Promise<void>)[] = []
beforeEach(() => stream.clear())
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
afterAll(() => stream.close())

const origins = ['change', 'snapshot', 'history', null] as const
const stateOf = (origin: (typeof origins)[number]) => anEvent('contact.updated', { name: String(origin), origin })
const namesOf = (seen: readonly { data: Record<string, unknown> }[]) => seen.map(one => one.data.name)

test('[E2] [I5] without snapshots an endpoint gets changes alone, also where it asks for every type or for this one by name', async () => {
  for (const eventTypes of [undefined, ['*'], ['contact.*'], ['contact.updated']])
    await stream.endpoint(eventTypes === undefined ? {} : { eventTypes })
  const delivered = await stream.feed(...origins.map(stateOf))
  for (const origin of ['change', 'null']) expect(namesOf(delivered).filter(name => name === origin)).toHaveLength(4)
  expect(delivered).toHaveLength(8)
})

test('[E2] with snapshots an endpoint gets every origin of the types that it takes', async () => {
  await stream.endpoint({ snapshots: true, eventTypes: ['contact.updated'] })
  const label = anEvent('label.changed', { origin: 'snapshot' })
  expect(namesOf(await stream.feed(label, ...origins.map(stateOf)))).toEqual(['change', 'snapshot', 'history', 'null'])
})

const past = () => [anEvent('message.history'), anEvent('history.progressed'), stateOf('history')]
const typesTo = async (given: { eventTypes?: string[]; snapshots?: boolean }) => {
  await stream.clear()
  await stream.endpoint(given)
  return (await stream.feed(...past())).map(one => one.type)
}

test.each([[undefined], [['*']], [['message.*', 'history.*', 'contact.*']], [['message.received', 'contact.updated']]])(
  '[E1] [B6] an endpoint with types %j, as 0.1.0 knew it, gets nothing of history',
  async eventTypes => expect(await typesTo(eventTypes === undefined ? {} : { eventTypes })).toEqual([]),
)

test('[E1] [B6] history comes to who names it, or asks for snapshots of types that it is of', async () => {
  expect(await typesTo({ eventTypes: ['message.history'] })).toEqual(['message.history'])
  expect(await typesTo({ eventTypes: ['history.progressed', 'contact.updated'] })).toEqual(['history.progressed'])
  expect(await typesTo({ eventTypes: ['message.*'], snapshots: true })).toEqual(['message.history'])
  expect(await typesTo({ eventTypes: ['*'], snapshots: true })).toEqual(past().map(one => one.type))
  expect(await typesTo({ snapshots: true })).toEqual(['contact.updated'])
})

test('[E2] snapshots can be turned on and off, which is another version of the settings', async () => {
  const { id } = await stream.endpoint()
  const turned = await patchEndpoint(stream.deps, id, { snapshots: true }, never)
  expect(turned).toMatchObject({ ok: true, endpoint: { snapshots: true } })
  expect(await stream.feed(stateOf('snapshot'))).toHaveLength(1)
  await patchEndpoint(stream.deps, id, { snapshots: null }, never)
  expect(await getEndpoint(stream.deps, id)).toMatchObject({ snapshots: false })
  expect(await stream.feed(stateOf('snapshot'))).toEqual([])
})

test('[E2] an endpoint without types gets no labels, presence, history, progress, uploads, commands, processing, retention, unknown', () => {
  const all = { instanceIds: null, eventTypes: null, snapshots: true, chatsInclude: null, chatsExclude: null }
  const gets = (type: string) => matchEndpoint(all, { instanceId: 'shop', type, isChange: true, addresses: [] })
  const not = ['label.changed', 'presence.updated', 'message.history', 'history.progressed', 'upload.failed', 'command.accepted']
  expect([...not, 'processing.started', 'retention.completed', 'unknown', 'media.stored'].filter(gets)).toEqual([])
  const types: readonly EventType[] = ['chat.updated', 'message.starred', 'message.deleted', 'chat.deleted', 'blocklist.updated']
  expect([...types, 'contact.updated'].filter(type => !gets(type))).toEqual([])
})

test('[E2] [H1] an endpoint of 0.1.0 without types gets none of 5,000 contacts and 300 groups that a linked phone tells', async () => {
  const old = await openTestDatabase('snapshots of an upgrade', { empty: true })
  const directory = await mkdtemp(join(tmpdir(), 'zaplog-migrations-'))
  closing.push(old.close, () => rm(directory, { recursive: true }))
  const migrations = new URL('../../infra/postgres/migrations/', import.meta.url)
  for (const name of await readdir(migrations)) if (name < '0120') await cp(new URL(name, migrations), join(directory, name))
  await migrate({ url: old.url, logger: collectLogLines(), directory }, never)
  const id = `ep_${'a'.repeat(24)}`
  await old.database.query('insert into webhook_endpoints (endpoint_id, version, enabled) values ($1, 1, true)', [id])
  await old.database.query(
    `insert into webhook_endpoint_versions (endpoint_id, version, url, lane_order, format, headers_sealed, media_holds_chat)
     values ($1, 1, 'https://example.com/', 'chat', 'zaplog', $2, true)`,
    [id, testSealer.seal(Buffer.from('null'), `webhook_endpoint_versions|${id}`)],
  )
  await migrate({ url: old.url, logger: collectLogLines() }, never)
  expect(await getEndpoint(endpointDeps(old), id)).toMatchObject({ snapshots: false })
  const upgraded = await openStream('snapshots of an upgrade', old)
  const contacts = Array.from({ length: 5_000 }, (_, index) => contactOf(index, 'snapshot'))
  const groups = Array.from({ length: 300 }, (_, index) =>
    anEvent('group.updated', { chatId: `12036300000${index}@g.us`, groupId: `12036300000${index}@g.us`, origin: 'snapshot' }),
  )
  expect(await upgraded.feed(...contacts, ...groups)).toEqual([])
  expect(await upgraded.feed(contactOf(7, 'change'))).toHaveLength(1)
})

const contactOf = (index: number, origin: 'snapshot' | 'change') =>
  anEvent('contact.updated', { contactId: `1000000${String(index).padStart(8, '0')}@lid`, contactPn: null, name: 'Ana', origin })
