// What becomes no message, over HTTP: one command like any other, and its end for whoever waits for it.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { beginTry } from '../../src/instances/command-tries.ts'
import { decideOutcome, endCommand } from '../../src/instances/commands-at-work.ts'
import { claimCommands } from '../../src/instances/commands-claimed.ts'
import { commands } from '../../src/projections/commands/commands.ts'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { projectEvents } from '../ground/api/project-events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

let api: TestApi
let projecting: readonly { close(): Promise<void> }[] = []
beforeAll(async () => {
  api = await openTestApi('api-actions', collectLogLines())
  projecting = [await projectEvents(api, collectLogLines()), await projectEvents(api, collectLogLines(), commands)]
  for (const id of ['shop', 'other', 'third'])
    expect((await api.call('POST', '/v1/instances', { body: { id, name: id } })).status).toBe(201)
})
afterAll(async () => {
  for (const one of projecting) await one.close()
  await api.close()
})

const ana = '5511900000011@s.whatsapp.net'
const block = (key: string, { instance = 'shop', method = 'PUT', query = '' } = {}) =>
  api.call(method, `/v1/instances/${instance}/contacts/${encodeURIComponent('+55 11 90000-0011')}/block${query}`, {
    headers: { 'idempotency-key': key },
  })

/** As whoever holds the account does it. */
async function endOne(instanceId: string, result: object): Promise<void> {
  const owned = { instanceId, epoch: 1 }
  await api.database.query('insert into instance_owners (instance_id, epoch) values ($1, 1)', [instanceId])
  const [claimed] = await until('a command to be claimed', async () => {
    const all = await claimCommands(api.database, owned, { busy: [], limit: 1, turns: 1, firsts: { spacingMs: 0, perDay: 0 } })
    return all.length > 0 && all
  })
  const commandId = claimed?.command_id ?? ''
  await beginTry(api.database, { ...owned, commandId, tries: 1, built: null })
  const outcome = { type: 'command.completed', at: Date.now(), saidAt: null, result: JSON.stringify(result) } as const
  await decideOutcome(api.database, { ...owned, commandId, outcome })
  await endCommand(api.database, { instanceId, commandId })
}

test('[F1] the answer names command and event, and no message; what was asked for is in the log by then', async () => {
  const { status, json, headers } = await block('one')
  expect(status).toBe(202)
  expect(json).toEqual({
    ...{ commandId: expect.stringMatching(/^[0-9a-f]{32}$/), eventId: expect.stringMatching(/^[0-9a-f]{32}$/) },
    ...{ queuedUntil: new Date(api.clock.nowAt + 86_400_000).toISOString(), idempotencyKey: 'one' },
    waitsFor: expect.objectContaining({ reason: 'connection', instanceState: 'created' }),
  })
  const location = `/v1/instances/shop/commands/${json.commandId}`
  expect(headers.get('location')).toBe(location)
  const shown = await api.call('GET', `${location}?waitFor=${headers.get('zaplog-position')}`)
  expect(shown.json).toMatchObject({ operation: 'contact.block', chatId: ana, messageId: null, state: 'waiting', result: null })
})

test('[F1] the same key asks for the same again; for something else it is refused, also for a message', async () => {
  const first = await block('two')
  expect((await block('two')).json).toEqual(first.json)
  const message = { body: { chatId: ana, kind: 'text', text: 'hello' }, headers: { 'idempotency-key': 'two' } }
  for (const reused of [await block('two', { method: 'DELETE' }), await api.call('POST', '/v1/instances/shop/messages', message)])
    expect([reused.status, reused.json.type]).toEqual([409, 'urn:zaplog:problem:idempotency-key-reused'])
})

test('[F1] whoever waits gets the command as it ended, with what WhatsApp answered; one that takes longer is 202', async () => {
  const waiting = block('three', { instance: 'other', query: '?wait=30' })
  await endOne('other', { groupId: '1@g.us' })
  const { status, json } = await waiting
  expect(status).toBe(200)
  expect(json).toMatchObject({ state: 'completed', operation: 'contact.block', tries: 1, result: { groupId: '1@g.us' } })
  expect((await block('four', { instance: 'other', query: '?wait=1' })).status).toBe(202)
  expect((await block('five', { instance: 'other', query: '?wait=31' })).json).toMatchObject({ errors: [{ parameter: 'wait' }] })
})

test('[F1] whoever waits for a command is told of its end, without asking for it again and again, and not at all once they left', async () => {
  let looks = 0
  const counting = await api.openAnother({
    database: database => ({
      ...database,
      query: async <Row>(sql: string, values?: readonly unknown[]) => {
        const rows = await database.query<Row>(sql, values)
        if (sql.includes('where c.instance_id = $1 and c.command_id = $2')) looks += 1
        return rows
      },
    }),
  })
  const { json: asked } = await block('waited', { instance: 'third' })
  const url = new URL(`/v1/instances/third/commands/${asked.commandId}?wait=30`, counting.url).href
  const leaving = new AbortController()
  const left = api.call('GET', url, { signal: leaving.signal }).then(
    () => 'answered',
    () => 'left',
  )
  await until('the first look', async () => looks === 1)
  leaving.abort()
  expect(await left).toBe('left')
  await until('the last looks for who left', async () => looks === 3)
  const before = looks
  const waiting = api.call('GET', url)
  await until('another look', async () => looks > before)
  await endOne('third', {})
  expect((await waiting).json).toMatchObject({ commandId: asked.commandId, state: 'completed' })
  expect(looks - before).toBe(2)
})

test('[F1] who is no person is refused by name, and an instance that is not there is 404', async () => {
  const group = await api.call('PUT', '/v1/instances/shop/contacts/1203@g.us/block')
  expect([group.status, group.json.errors]).toMatchObject([422, [{ parameter: 'personId', received: '1203@g.us' }]])
  expect((await block('six', { instance: 'nobody' })).status).toBe(404)
})
