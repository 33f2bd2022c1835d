// command.deferred of GET /v1/stream: who names it is told what commands wait for, in the words of the command itself, once until that changes, and
// again after each connect; however much waits, little is said.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { DatabaseError, type Transaction } from '../../src/database/database.ts'
import { beginTry } from '../../src/instances/command-tries.ts'
import { nextCommands } from '../../src/instances/commands-next.ts'
import { restAccount } from '../../src/instances/outgoing-turns.ts'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { projectEvents, tellApi } from '../ground/api/project-events.ts'
import { accept as acceptIn, claim as claimIn, leave, owned } from '../ground/api/put-off.ts'
import { type ReadStream, readStream } from '../ground/api/read-stream.ts'
import { anEvent } from '../ground/events.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

type Said = {
  instanceId: string
  commandId: string
  waitsFor: { reason: string; nextAt: string | null; refusal: unknown }
  othersWaiting: number
}
const logger = collectLogLines()
let api: TestApi
let projecting: { close(): Promise<void> }
/** What is asked of the rows of commands that are next. */
let isAway = false
const reading: ReadStream[] = []
beforeAll(async () => {
  api = await openTestApi('api-stream-deferred', logger, {
    stream: { lookMs: 20 },
    database: database =>
      flaky(database, ({ args: [sql] }) =>
        isAway && String(sql).includes('is_put_off') ? { fail: new DatabaseError('unreachable', 'away', {}) } : null,
      ),
  })
  projecting = await projectEvents(api, logger)
})
afterEach(async () => {
  for (const one of reading) one.cut()
  await Promise.all(reading.splice(0).map(one => one.closed))
})
afterAll(async () => {
  await projecting.close()
  await api.close()
})

async function follow(query = '', given: { lastId?: string } = {}): Promise<ReadStream> {
  const one = await readStream(api.url, `?types=command.*,command.deferred${query}`, given)
  reading.push(one)
  return one
}
const saidIn = (stream: ReadStream, instanceId: string): readonly Said[] =>
  stream
    .bodies()
    .flatMap(({ type, data }) => (type === 'command.deferred' && data.instanceId === instanceId ? [data as unknown as Said] : []))
const has = (stream: ReadStream, id: string, count: number) =>
  until(`${count} of ${id}`, () => saidIn(stream, id).length >= count && saidIn(stream, id))

let made = 0
async function anInstance(state: 'open' | 'created' = 'open'): Promise<string> {
  made += 1
  const id = `shop-${made}`
  expect((await api.call('POST', '/v1/instances', { body: { id, name: id } })).status).toBe(201)
  await query('insert into instance_owners (instance_id, epoch) values ($1, 1)', [id])
  if (state === 'open') await becomes(id, 'open')
  return id
}
const becomes = (instanceId: string, state: string) =>
  tellApi(api, [anEvent('instance.state-changed', { instanceId, state, reason: null, reasonText: null })])

const accept = async (instanceId: string, count = 1) => (await acceptIn(api.database, instanceId, count)).map(one => one.id)

/** Whatever was changed before was looked at by then: what it waits for was read after. */
async function lookedAgain(stream: ReadStream): Promise<void> {
  const id = await anInstance('created')
  await accept(id)
  await has(stream, id, 1)
}

const query = (sql: string, values: unknown[]) => api.database.query(sql, values)
const inAnHour = () => Date.now() + 3_600_000
const isoOf = (at: number) => new Date(at).toISOString()
const claim = (instanceId: string, of: Parameters<typeof claimIn>[2]) => claimIn(api.database, instanceId, of)
const waitsFor = async (instanceId: string, commandId: string) =>
  (await api.call('GET', `/v1/instances/${instanceId}/commands/${commandId}`)).json.waitsFor

test('[F2] of a burst behind the pace it is said whose turn is next, when, and how many others wait: once until that is somebody else', async () => {
  const id = await anInstance()
  const stream = await follow()
  const [first = '', second = ''] = await accept(id, 30)
  const turnAt = inAnHour()
  await claim(id, { turns: 0, turnAt })
  const [said] = await has(stream, id, 1)
  expect(said).toEqual({
    ...{ instanceId: id, commandId: first, operation: 'message.send', chatId: expect.stringMatching(/@lid$/), othersWaiting: 29 },
    waitsFor: { reason: 'pace', nextAt: isoOf(turnAt), commandId: null, instanceState: null, refusal: null },
  })
  expect(said?.waitsFor).toEqual(await waitsFor(id, first))
  await lookedAgain(stream)
  expect(saidIn(stream, id)).toHaveLength(1)
  expect(await claim(id, { turns: 1 })).toEqual([first])
  const [, next] = await has(stream, id, 2)
  expect(next).toMatchObject({ commandId: second, othersWaiting: 29, waitsFor: { reason: 'pace', nextAt: isoOf(turnAt) } })
  await lookedAgain(stream)
  expect(saidIn(stream, id)).toHaveLength(2)
})

test('[F2] a turn that is now is nothing that is waited for', async () => {
  const id = await anInstance()
  const stream = await follow()
  await accept(id, 2)
  await lookedAgain(stream)
  expect(saidIn(stream, id)).toEqual([])
})

test('[F2] after a 429 it is said when it is tried again and what WhatsApp said, and until when the account rests, of whose message is next', async () => {
  const id = await anInstance()
  const stream = await follow()
  const [refused = '', next = ''] = await accept(id, 5)
  await claim(id, { turns: 1 })
  await beginTry(api.database, { ...owned(id), commandId: refused, tries: 1, built: Buffer.from('sealed') })
  const refusal = { type: 'command.failed', at: 1, reason: 'rate-limited', reasonText: 'Too much.', code: '429' } as const
  await restAccount(api.database, { ...owned(id), restMs: 600_000 })
  await leave(api.database, id, refused, { refusal, delayMs: 600_000 })
  const said = await has(stream, id, 2)
  expect(Object.fromEntries(said.map(one => [one.commandId, one.waitsFor]))).toEqual({
    [refused]: await waitsFor(id, refused),
    [next]: await waitsFor(id, next),
  })
  expect(said.map(one => one.waitsFor.reason).toSorted()).toEqual(['rate-limited', 'retry'])
  expect(said.find(one => one.commandId === refused)?.waitsFor.refusal).toMatchObject({ reason: 'rate-limited', code: '429' })
  await lookedAgain(stream)
  expect(saidIn(stream, id)).toHaveLength(2)
})

test('[F2] of an account that is not open one command is said, with what the account is, and once it is open what is put off', async () => {
  const id = await anInstance('created')
  const [decided, first, unpaced] = await accept(id, 12)
  await query(`update commands set state = 'ending' where command_id = $1`, [decided])
  await query(`update commands set is_paced = false where command_id = $1`, [unpaced])
  const stream = await follow()
  expect(await has(stream, id, 1)).toMatchObject([
    { commandId: first, othersWaiting: 11, waitsFor: { reason: 'connection', instanceState: 'created' } },
  ])
  const turnAt = inAnHour()
  await claim(id, { turns: 0, turnAt })
  await lookedAgain(stream)
  expect(saidIn(stream, id)).toHaveLength(1)
  await becomes(id, 'open')
  expect((await has(stream, id, 2))[1]).toMatchObject({ commandId: first, waitsFor: { reason: 'pace', nextAt: isoOf(turnAt) } })
})

test('[F1] [F2] of one that is cancelled meanwhile nothing more is said, and of who is next instead it is', async () => {
  const id = await anInstance()
  const stream = await follow()
  const [first = '', second = ''] = await accept(id, 2)
  await claim(id, { turns: 0, turnAt: inAnHour() })
  await has(stream, id, 1)
  expect((await api.call('DELETE', `/v1/instances/${id}/commands/${first}`)).status).toBe(200)
  const said = await has(stream, id, 2)
  await claim(id, { turns: 0, turnAt: inAnHour() + 60_000 })
  await has(stream, id, 3)
  await lookedAgain(stream)
  expect(saidIn(stream, id).map(one => [one.commandId, one.othersWaiting])).toEqual([[first, 1], ...Array(2).fill([second, 0])])
  expect(said[1]?.waitsFor).toMatchObject({ reason: 'pace' })
  await until('its end', () => stream.bodies().some(one => one.type === 'command.failed' && one.data.commandId === first))
})

test('[F2] [J1] whoever connects again is told at once what waits now, once; its id stays that of the event before', async () => {
  const id = await anInstance()
  const stream = await follow()
  const [first = ''] = await accept(id)
  await claim(id, { turns: 0, turnAt: inAnHour() })
  await has(stream, id, 1)
  expect(stream.frames.filter(one => one.event === 'command.deferred' && one.id !== '')).toEqual([])
  const lastId = await until('an id', () => stream.lastId() || null)
  stream.cut()
  await claim(id, { turns: 0, turnAt: inAnHour() + 60_000 })
  const again = await follow('', { lastId })
  const [said] = await has(again, id, 1)
  expect(said).toMatchObject({ commandId: first, waitsFor: await waitsFor(id, first) })
})

test('[F2] [L] it comes to who names it, of the instances and the chat that are asked for', async () => {
  const [id, other] = [await anInstance('created'), await anInstance('created')]
  const [first] = await accept(id)
  const [chatId] = (await acceptIn(api.database, other)).map(one => one.chatId)
  const [all, ofOne, ofChat] = [await follow(), await follow(`&instanceId=${id}`), await follow(`&chatId=${chatId}`)]
  const unnamed = await readStream(api.url, '?types=*,command.*')
  reading.push(unnamed)
  await Promise.all([has(all, id, 1), has(all, other, 1), has(ofOne, id, 1), has(ofChat, other, 1)])
  await lookedAgain(all)
  expect(ofOne.bodies().map(one => one.data.commandId)).toEqual([first])
  expect(ofChat.bodies().map(one => one.data.instanceId)).toEqual([other])
  expect(unnamed.bodies().filter(one => one.type === 'command.deferred')).toEqual([])
})

test('[F2] [L] who follows a chat is told of it by any of its addresses, as soon as it is known to be one', async () => {
  const [id, asked, apart] = [await anInstance('created'), await anInstance('created'), await anInstance('created')]
  const [number, otherNumber] = ['5511900000011@s.whatsapp.net', '5511900000012@s.whatsapp.net']
  const [byLid, byNumber] = [...(await acceptIn(api.database, id)), ...(await acceptIn(api.database, asked))]
  await accept(apart)
  await query('update commands set chat_id = $2 where command_id = $1', [byNumber?.id, otherNumber])
  const [ofNumber, ofLid] = [await follow('&chatId=5511900000011'), await follow(`&chatId=${byNumber?.chatId}`)]
  const pair = (instanceId: string, chatId: string | undefined, chatPn: string) =>
    anEvent('message.received', { instanceId, chatId: chatId ?? '', chatPn })
  await tellApi(api, [pair(id, byLid?.chatId, number), pair(asked, byNumber?.chatId, otherNumber)])
  const [[first], [second]] = await Promise.all([has(ofNumber, id, 1), has(ofLid, asked, 1)])
  expect([first, second]).toMatchObject([byLid, byNumber].map(one => ({ commandId: one?.id })))
  await lookedAgain(await follow())
  expect([ofNumber, ofLid].map(stream => stream.bodies().filter(one => one.type === 'command.deferred').length)).toEqual([1, 1])
})

/** What a call looks at, in pages of tables and indexes. */
async function pagesOf(call: (database: Transaction) => Promise<unknown>): Promise<number> {
  let pages = 0
  const counting = async <Row>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> => {
    const explain = `explain (analyze, buffers, timing off, format json) ${sql}`
    const [row] = await api.database.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(explain, values)
    pages += row?.['QUERY PLAN'][0].Plan['Shared Hit Blocks'] ?? Number.NaN
    return api.database.query<Row>(sql, values)
  }
  await call({ query: counting })
  return pages
}

test('[F2] [H1] of 10,000 that wait, most of them put off, ten of these are said, and whose turn is next, at the cost of these', async () => {
  const id = await anInstance()
  const commands = await accept(id, 50)
  await claim(id, { turns: 0, turnAt: inAnHour() })
  await query(
    `update commands set due_at = now() + place * interval '1 hour', waits_for = 'pace', is_paced = place % 2 = 0 where instance_id = $1 and command_id = any($2::text[])`,
    [id, commands.slice(0, 40)],
  )
  await query(
    `insert into commands (instance_id, command_id, digest, state, event_id, operation, chat_id, message_id, body, expires_at, place, is_paced, due_at)
     select instance_id, 'more-' || n, digest, state, event_id, operation, n || '@lid', message_id, body, expires_at, place + 1000 + n, n % 2 = 1,
       case when n % 2 = 0 then now() + interval '1 year' end
     from commands, generate_series(1, 10000) n where instance_id = $1 and command_id = $2`,
    [id, commands[49]],
  )
  const stream = await follow()
  await has(stream, id, 11)
  await lookedAgain(stream)
  const said = saidIn(stream, id)
  expect(said.map(one => one.commandId).toSorted()).toEqual([...commands.slice(0, 10), commands[40]].toSorted())
  expect(new Set(said.map(one => one.othersWaiting))).toEqual(new Set([10_000]))
  await query('vacuum analyze commands', [])
  expect(await pagesOf(database => nextCommands(database, [id]))).toBeLessThan(800)
  await query('delete from commands where instance_id = $1', [id])
})

test('[F2] nothing is said again for a look: at a file, at a time that has passed or moved by less than a second', async () => {
  const id = await anInstance()
  const stream = await follow()
  const [withFile = '', next = ''] = await accept(id, 2)
  await claim(id, { turns: 1 })
  await leave(api.database, id, withFile, { waitsFor: 'media' })
  const turnAt = inAnHour()
  await claim(id, { turns: 0, turnAt })
  await has(stream, id, 2)
  await query(`update commands set due_at = due_at + interval '1 hour' where command_id = $1`, [withFile])
  await claim(id, { turns: 0, turnAt: turnAt + 900 })
  await lookedAgain(stream)
  await query('update outgoing_turns set turn_at = now() where instance_id = $1', [id])
  await lookedAgain(stream)
  expect(saidIn(stream, id)).toHaveLength(2)
  await claim(id, { turns: 0, turnAt: turnAt + 60_000 })
  expect((await has(stream, id, 3))[2]).toMatchObject({ commandId: next, waitsFor: { nextAt: isoOf(turnAt + 60_000) } })
})

test('[F2] [H1] while the rows cannot be read nothing is said, and then what is so', async () => {
  const id = await anInstance('created')
  isAway = true
  const stream = await follow()
  await accept(id)
  await until('that is logged', () => logger.lines.some(one => one.event === 'stream.commands-not-read'))
  isAway = false
  expect(await has(stream, id, 1)).toMatchObject([{ waitsFor: { reason: 'connection' } }])
})
