// Messages that clients work on, over HTTP: begun, renewed, ended once, by whoever comes first, and told to the chat whatever dies in between.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Transaction } from '../../src/database/database.ts'
import type { Event, EventOf } from '../../src/events/event.ts'
import { commandIds } from '../../src/instances/command-ids.ts'
import { endSession, startSession } from '../../src/instances/processing-sessions.ts'
import { LogError } from '../../src/log/log.ts'
import { commands } from '../../src/projections/commands/commands.ts'
import { endNextCommand } from '../ground/api/end-next-command.ts'
import { type Answer, openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { projectEvents, tellApi } from '../ground/api/project-events.ts'
import { anEvent, somebody } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['request.failed'])
let api: TestApi
let projecting: readonly { close(): Promise<void> }[] = []
const waitingMax = 20
/** What the log does with an append, in place of taking it. */
let append: 'takes' | 'refuses' = 'takes'
beforeAll(async () => {
  api = await openTestApi('api-processing', logger, {
    commandsWaitingMax: waitingMax,
    log: log => ({
      ...log,
      get inside() {
        return append === 'refuses' ? null : log.inside
      },
      append: async (given, signal) => {
        if (append === 'refuses') throw new LogError('unavailable', 'appending 1 record: leader not available')
        return log.append(given, signal)
      },
    }),
  })
  projecting = [await projectEvents(api, logger), await projectEvents(api, logger, commands)]
})
beforeEach(() => {
  append = 'takes'
})
afterAll(async () => {
  for (const one of projecting) await one.close()
  await api.close()
})

let made = 0
/** Of its own, with messages of somebody. */
async function anInstance(...messageIds: readonly string[]): Promise<string> {
  made += 1
  const id = `shop-${made}`
  expect((await api.call('POST', '/v1/instances', { body: { id, name: id } })).status).toBe(201)
  const said = messageIds.map(messageId => anEvent('message.received', { instanceId: id, messageId, text: 'hello' }))
  await tellApi(api, [anEvent('instance.paired', { instanceId: id }), ...said])
  return id
}
const start = (id: string, messageId: string, body: object = {}): Promise<Answer> =>
  api.call('POST', `/v1/instances/${id}/processing`, { body: { chatId: somebody.lid, messageId, ...body } })
async function begin(id: string, messageId: string): Promise<string> {
  const { status, json } = await start(id, messageId)
  expect(status).toBe(201)
  return String(json.sessionId)
}
const finish = (sessionId: unknown, body: object = { status: 'success' }): Promise<Answer> =>
  api.call('POST', `/v1/processing/${sessionId}/finish`, { body })
const read = (sessionId: unknown) => api.call('GET', `/v1/processing/${sessionId}`)
const dueIn = (sessionId: string, time: string, database: Transaction = api.database) =>
  database.query('update processing_sessions set timeout_at = now() + $2::interval where session_id = $1', [sessionId, time])
/** Any moment it may be ended. */
const dueNow = (sessionId: string) => dueIn(sessionId, '0')
const untilStatus = (sessionId: string, status: string) =>
  until(`the session is ${status}, and told`, async () => {
    const { json } = await read(sessionId)
    return json.status === status && json.reactionCommandId !== null && json
  })

async function recordsOf(name: 'events' | 'commands', instanceId: string): Promise<Event[]> {
  const events: Event[] = []
  const signal = AbortSignal.timeout(10_000)
  for await (const record of api.testLog.log.read(api.testLog.topic(name), { from: 'first', until: 'end' }, signal)) {
    const event = record.key === instanceId ? await api.testLog.codec.decode(record.value, signal) : null
    if (event !== null) events.push(event)
  }
  return events
}
type Told = EventOf<'processing.started' | 'processing.finished' | 'processing.timed-out'>
const isTold = (event: Event): event is Told => event.type.startsWith('processing.')
const told = async (id: string) => (await recordsOf('events', id)).filter(isTold)
/** What was asked of the account, each command once. */
async function asked(id: string) {
  const accepted = (await recordsOf('commands', id)).filter(event => event.type === 'command.accepted')
  return accepted.map(({ commandId, body }) => ({ commandId, ...JSON.parse(body) }))
}
const refusal = ({ status, json }: Answer) => ({ status, type: json.type, errors: json.errors })

describe('a start', () => {
  test('[F3] is a session of its own, told with its time, and read again', async () => {
    const id = await anInstance('M1')
    const { status, json, headers } = await start(id, 'M1', { processType: 'transcribe' })
    expect(status).toBe(201)
    expect(json).toEqual({
      ...{ sessionId: expect.stringMatching(/^[0-9a-f]{32}$/), instanceId: id, chatId: somebody.lid, messageId: 'M1' },
      ...{ processType: 'transcribe', status: 'running', startedAt: expect.any(String), timeoutAt: expect.any(String) },
      ...{ endedAt: null, reactionCommandId: null, textCommandId: null },
    })
    expect(Date.parse(String(json.timeoutAt)) - Date.parse(String(json.startedAt))).toBeOneOf([600_000, 599_999])
    expect(headers.get('location')).toBe(`/v1/processing/${json.sessionId}`)
    expect((await read(json.sessionId)).json).toEqual(json)
    expect((await api.call('GET', `/v1/instances?waitFor=${headers.get('zaplog-position')}`)).status).toBe(200)
    const [event, ...others] = await told(id)
    expect(others).toEqual([])
    expect(event).toMatchObject({
      ...{ type: 'processing.started', sessionId: json.sessionId, processType: 'transcribe', messageId: 'M1', instanceId: id },
      ...{ chatId: somebody.lid, chatPn: somebody.pn, occurredAt: Date.parse(String(json.startedAt)) },
      timeoutAt: Date.parse(String(json.timeoutAt)),
    })
    expect(await asked(id)).toEqual([])
  })

  test('[F3] of one that runs renews it, under whichever address of its chat, and two at once are one', async () => {
    const id = await anInstance('M1', 'M2')
    const first = await start(id, 'M1')
    await dueIn(String(first.json.sessionId), '1 minute')
    const second = await start(id, 'M1', { chatId: '+55 11 90000-0001' })
    expect(second.json).toMatchObject({ sessionId: first.json.sessionId, status: 'running' })
    expect(Date.parse(String(second.json.timeoutAt)) - Date.parse(String(second.json.startedAt))).toBeOneOf([600_000, 599_999])
    const both = await Promise.all([start(id, 'M2'), start(id, 'M2')])
    expect(both.map(({ status }) => status)).toEqual([201, 201])
    expect(both[0]?.json.sessionId).toBe(both[1]?.json.sessionId)
    expect(both[0]?.json.sessionId).not.toBe(first.json.sessionId)
    const events = await told(id)
    expect(events.map(({ type }) => type)).toEqual(Array(4).fill('processing.started'))
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(4)
  })

  test('[F3] of what is not there is refused in words: an instance, a message, one that was deleted, an account that is logged out', async () => {
    const id = await anInstance('M1', 'GONE')
    await tellApi(api, [anEvent('message.revoked', { instanceId: id, targetMessageId: 'GONE' })])
    expect(refusal(await start('nobody', 'M1'))).toMatchObject({ status: 404, type: 'urn:zaplog:problem:instance-not-found' })
    for (const [messageId, received] of [
      ['M9', '"M9"'],
      ['GONE', expect.stringContaining('deleted for everyone')],
    ] as const)
      expect(refusal(await start(id, messageId))).toMatchObject({ status: 422, errors: [{ pointer: '/messageId', received }] })
    expect(refusal(await start(id, 'M1', { chatId: '5511900000077' }))).toMatchObject({
      ...{ status: 422, errors: [{ pointer: '/messageId' }] },
    })
    const running = await begin(id, 'M1')
    await tellApi(api, [
      anEvent('instance.state-changed', {
        instanceId: id,
        state: 'logged-out',
        reason: 'logged-out',
        reasonText: 'by the phone',
      }),
    ])
    const loggedOut = { status: 409, type: 'urn:zaplog:problem:instance-logged-out' }
    expect(refusal(await start(id, 'M1'))).toMatchObject(loggedOut)
    expect(refusal(await finish(running))).toMatchObject(loggedOut)
    expect((await read(running)).json.status).toBe('running')
    expect(await told(id)).toHaveLength(1)
    await dueNow(running)
    await until('it has timed out', async () => (await told(id)).some(({ type }) => type === 'processing.timed-out'))
    expect(await asked(id)).toEqual([])
  })

  test.each([
    [{ messageId: '' }, '/messageId'],
    [{ messageId: 'x'.repeat(257) }, '/messageId'],
    [{ chatId: 'nobody' }, '/chatId'],
    [{ chatId: '120363000000000002@newsletter' }, '/chatId'],
    [{ processType: '' }, '/processType'],
    [{ processType: 'x'.repeat(101) }, '/processType'],
    [{ colour: 'red' }, '/colour'],
  ])('[F3] [I3] with %j is 422', async (body, pointer) => {
    expect(refusal(await start('nobody', 'M1', body))).toMatchObject({ status: 422, errors: [{ pointer }] })
  })
})

describe('an end', () => {
  test.each([
    ['success', '✅'],
    ['error', '❌'],
    ['aborted', '⚠️'],
  ])('[F3] with %s is told, and asks for %s and the text as a reply, once, however often it comes', async (status, emoji) => {
    const id = await anInstance('M1')
    const sessionId = await begin(id, 'M1')
    const { status: answered, json } = await finish(sessionId, { status, text: 'done' })
    expect(answered).toBe(202)
    expect(json).toMatchObject({ sessionId, status, endedAt: expect.any(String) })
    expect((await finish(sessionId, { status, text: 'done' })).json).toEqual(json)
    const target = { chatId: somebody.lid, targetMessageId: 'M1' }
    expect(await asked(id)).toMatchObject([
      { commandId: json.reactionCommandId, kind: 'reaction', emoji, ...target, known: { target: { fromMe: false } } },
      { commandId: json.textCommandId, kind: 'text', text: 'done', chatId: somebody.lid, quotedMessageId: 'M1' },
    ])
    const [, event, ...others] = await told(id)
    expect(others).toEqual([])
    expect(event).toMatchObject({
      ...{ type: 'processing.finished', sessionId, status, messageId: 'M1', occurredAt: Date.parse(String(json.endedAt)) },
      startedAt: Date.parse(String(json.startedAt)),
    })
    const [row] = await api.database.query<{ text: string | null }>(
      'select text from processing_sessions where session_id = $1',
      [sessionId],
    )
    expect(row?.text).toBeNull()
  })

  test('[F3] of what does not run is 404: never begun, or ended in another way; a new start has an end of its own', async () => {
    const id = await anInstance('M1')
    const notFound = { status: 404, type: 'urn:zaplog:problem:processing-not-found' }
    expect(refusal(await finish('0'.repeat(32)))).toMatchObject(notFound)
    expect(refusal(await read('nobody'))).toMatchObject(notFound)
    const sessionId = await begin(id, 'M1')
    const first = await finish(sessionId, { status: 'success' })
    for (const body of [{ status: 'error' }, { status: 'success', text: 'more' }])
      expect(refusal(await finish(sessionId, body))).toMatchObject(notFound)
    expect(await begin(id, 'M1')).toBe(sessionId)
    const second = await finish(sessionId, { status: 'success' })
    expect(second.status).toBe(202)
    expect(second.json.reactionCommandId).not.toBe(first.json.reactionCommandId)
    expect((await asked(id)).map(({ emoji }) => emoji)).toEqual(['✅', '✅'])
    expect((await told(id)).map(({ type }) => type.slice(11))).toEqual(['started', 'finished', 'started', 'finished'])
  })

  test.each([
    [{ status: 'done' }, '/status'],
    [{}, '/status'],
    [{ status: 'success', text: '' }, '/text'],
    [{ status: 'success', text: 'x'.repeat(65_537) }, '/text'],
  ])('[F3] [I3] that cannot be is 422', async (body, pointer) => {
    expect(refusal(await finish('0'.repeat(32), body))).toMatchObject({ status: 422, errors: [{ pointer }] })
  })

  test('[F3] many at once are one', async () => {
    const id = await anInstance('M1')
    const sessionId = await begin(id, 'M1')
    const answers = await Promise.all(Array.from({ length: 5 }, () => finish(sessionId, { status: 'error', text: 'sorry' })))
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202])
    await untilStatus(sessionId, 'error')
    expect(new Set((await asked(id)).map(({ commandId }) => commandId)).size).toBe(2)
    expect((await told(id)).filter(({ type }) => type === 'processing.finished')).toHaveLength(1)
  })

  test('[F3] of a message that was deleted meanwhile sends its text all the same, to the chat', async () => {
    const id = await anInstance('M1')
    const sessionId = await begin(id, 'M1')
    await tellApi(api, [anEvent('message.revoked', { instanceId: id, targetMessageId: 'M1' })])
    const { status, json } = await finish(sessionId, { status: 'success', text: 'done' })
    expect([status, json.reactionCommandId]).toEqual([202, null])
    expect(await asked(id)).toEqual([{ commandId: json.textCommandId, kind: 'text', text: 'done', chatId: somebody.lid }])
  })

  test('[F3] while the log is away is taken, and told once it is back', async () => {
    const id = await anInstance('M1')
    const sessionId = await begin(id, 'M1')
    append = 'refuses'
    const { status, json } = await finish(sessionId, { status: 'success', text: 'done' })
    expect([status, json.status, json.reactionCommandId]).toEqual([202, 'success', null])
    expect((await start(id, 'M1')).status).toBe(503)
    const anew = { instanceId: id, chatId: somebody.lid, messageId: 'M1', chatPn: null, processType: null, timeoutMs: 1_000 }
    expect(await startSession(api.database, { ...anew, target: { fromMe: false, senderId: null } })).toBeNull()
    append = 'takes'
    const after = await untilStatus(sessionId, 'success')
    expect((await asked(id)).map(({ commandId }) => commandId)).toEqual([after.reactionCommandId, after.textCommandId])
    await until('its end is in the log', async () => (await told(id)).length === 2)
  })

  test('[F3] of an account that has as much waiting as may wait keeps no other’s end from being told, and is told later', async () => {
    const [full, other] = [await anInstance('M1'), await anInstance('M1')]
    const sessions = [await begin(full, 'M1'), await begin(other, 'M1')]
    for (let nth = 0; nth < waitingMax; nth += 1) {
      const body = { chatId: '5511900000011', kind: 'text', text: String(nth) }
      expect((await api.call('POST', `/v1/instances/${full}/messages`, { body })).status).toBe(202)
    }
    for (const sessionId of sessions) await dueNow(sessionId)
    await untilStatus(String(sessions[1]), 'timed-out')
    expect((await read(sessions[0])).json).toMatchObject({ status: 'timed-out', reactionCommandId: null })
    const completed = { type: 'command.completed', at: 1, saidAt: null } as const
    for (let nth = 0; nth < waitingMax; nth += 1) await endNextCommand(api.database, full, completed)
    await untilStatus(String(sessions[0]), 'timed-out')
  })

  test('[F3] whose process died before it was told is told by the next one, as it would have been', async () => {
    const id = await anInstance('M1')
    const sessionId = await begin(id, 'M1')
    const ended = await endSession(api.database, { sessionId, status: 'error', text: 'sorry' })
    const { reactionCommandId } = await untilStatus(sessionId, 'error')
    const key = `processing\n${sessionId} ${ended?.startNumber} sign`
    expect(reactionCommandId).toBe(commandIds({ instanceId: id, key }).commandId)
    expect((await asked(id)).map(({ kind }) => kind)).toEqual(['reaction', 'text'])
    expect((await finish(sessionId, { status: 'error', text: 'sorry' })).status).toBe(202)
  })
})

describe('a time-out', () => {
  test('[F3] ends each session that nobody ended, once, whichever of two processes comes first, or a client', async () => {
    const ids = Array.from({ length: 8 }, (_, nth) => `M${nth}`)
    const id = await anInstance(...ids)
    const another = await api.openAnother()
    const sessions: string[] = []
    for (const messageId of ids) sessions.push(await begin(id, messageId))
    await api.database.query('update processing_sessions set timeout_at = now() where instance_id = $1', [id])
    await finish(sessions[0], { status: 'success' })
    for (const sessionId of sessions.slice(1)) await untilStatus(sessionId, 'timed-out')
    await until('all ends are in the log', async () => (await told(id)).length === 16)
    await another.close()
    const ends = (await told(id)).filter(({ type }) => type !== 'processing.started')
    expect(ends.map(({ type }) => type.slice(11)).toSorted()).toEqual(['finished', ...Array(7).fill('timed-out')])
    expect(new Set(ends.map(({ sessionId }) => sessionId)).size).toBe(8)
    const emojis = new Map((await asked(id)).map(({ commandId, emoji }) => [commandId, emoji]))
    expect([...emojis.values()].toSorted()).toEqual(['✅', ...Array(7).fill('⚠️')].toSorted())
    expect((await finish(sessions[1], { status: 'success' })).status).toBe(404)
  })

  test('[F3] leaves out what is renewed, and what is purged', async () => {
    const id = await anInstance('M1', 'M2')
    const [renewed, late] = [await begin(id, 'M1'), await begin(id, 'M2')]
    const anew = { instanceId: id, chatId: somebody.lid, messageId: 'M1', chatPn: null, processType: null, timeoutMs: 600_000 }
    // At once, so that nobody ends it in between.
    await api.database.transact(async tx => {
      await dueIn(renewed, '0', tx)
      expect(await startSession(tx, { ...anew, target: { fromMe: false, senderId: null } })).toMatchObject({ sessionId: renewed })
    }, AbortSignal.timeout(10_000))
    await dueNow(late)
    await untilStatus(late, 'timed-out')
    expect((await read(renewed)).json.status).toBe('running')
    expect((await api.call('DELETE', `/v1/instances/${id}?purge=true`)).status).toBe(202)
    await dueNow(renewed)
    const other = await anInstance('M1')
    const beside = await begin(other, 'M1')
    await dueNow(beside)
    await untilStatus(beside, 'timed-out')
    expect((await read(renewed)).json.status).toBe('running')
    expect((await finish(renewed)).status).toBe(404)
  })
})

test('[F3] [D4] an instance’s are listed, the last started first, in pages', async () => {
  const ids = ['M1', 'M2', 'M3', 'M4', 'M5']
  const id = await anInstance(...ids)
  for (const messageId of ids) await begin(id, messageId)
  const page = async (query: string) => (await api.call('GET', `/v1/instances/${id}/processing?${query}`)).json
  const seen: unknown[] = []
  for (let cursor: unknown = ''; cursor !== null; ) {
    const { data, nextCursor } = await page(`limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
    seen.push(...(data as { messageId: string }[]).map(one => one.messageId))
    cursor = nextCursor
  }
  expect(seen).toEqual(ids.toReversed())
  expect(await page('before=2020-01-01T00:00:00Z')).toEqual({ data: [], nextCursor: null })
  expect((await api.call('GET', `/v1/instances/${id}/processing?cursor=nonsense`)).status).toBe(422)
  expect((await api.call('GET', '/v1/instances/nobody/processing')).status).toBe(404)
})
