// Messages that clients work on, over HTTP: begun, renewed, over in time where nobody ends them, and listed.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startSession } from '../../src/instances/processing-sessions.ts'
import { type CommandsWorld, openCommandsWorld } from '../ground/api/commands-world.ts'
import {
  anInstance,
  asked,
  begin,
  dueIn,
  dueNow,
  finish,
  read,
  refusal,
  start,
  told,
  untilStatus,
  waitingMax,
} from '../ground/api/processing-sessions.ts'
import { tellApi } from '../ground/api/project-events.ts'
import { anEvent, somebody } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['request.failed'])
let world: CommandsWorld
beforeAll(async () => {
  world = await openCommandsWorld('api-processing', logger, { commandsWaitingMax: waitingMax })
})
beforeEach(() => {
  world.parts.append = 'takes'
})
afterAll(() => world.close())

describe('a start', () => {
  test('[F3] is a session of its own, told with its time, and read again', async () => {
    const id = await anInstance(world, 'M1')
    const { status, json, headers } = await start(world, id, 'M1', { processType: 'transcribe' })
    expect(status).toBe(201)
    expect(json).toEqual({
      ...{ sessionId: expect.stringMatching(/^[0-9a-f]{32}$/), instanceId: id, chatId: somebody.lid, messageId: 'M1' },
      ...{ processType: 'transcribe', status: 'running', startedAt: expect.any(String), timeoutAt: expect.any(String) },
      ...{ endedAt: null, reactionCommandId: null, textCommandId: null },
    })
    expect(Date.parse(String(json.timeoutAt)) - Date.parse(String(json.startedAt))).toBeOneOf([600_000, 599_999])
    expect(headers.get('location')).toBe(`/v1/processing/${json.sessionId}`)
    expect((await read(world, json.sessionId)).json).toEqual(json)
    expect((await world.api.call('GET', `/v1/instances?waitFor=${headers.get('zaplog-position')}`)).status).toBe(200)
    const [event, ...others] = await told(world, id)
    expect(others).toEqual([])
    expect(event).toMatchObject({
      ...{ type: 'processing.started', sessionId: json.sessionId, processType: 'transcribe', messageId: 'M1', instanceId: id },
      ...{ chatId: somebody.lid, chatPn: somebody.pn, occurredAt: Date.parse(String(json.startedAt)) },
      timeoutAt: Date.parse(String(json.timeoutAt)),
    })
    expect(await asked(world, id)).toEqual([])
  })

  test('[F3] of one that runs renews it, under whichever address of its chat, and two at once are one', async () => {
    const id = await anInstance(world, 'M1', 'M2')
    const first = await start(world, id, 'M1')
    await dueIn(world, String(first.json.sessionId), '1 minute')
    const second = await start(world, id, 'M1', { chatId: '+55 11 90000-0001' })
    expect(second.json).toMatchObject({ sessionId: first.json.sessionId, status: 'running' })
    expect(Date.parse(String(second.json.timeoutAt)) - Date.parse(String(second.json.startedAt))).toBeOneOf([600_000, 599_999])
    const both = await Promise.all([start(world, id, 'M2'), start(world, id, 'M2')])
    expect(both.map(({ status }) => status)).toEqual([201, 201])
    expect(both[0]?.json.sessionId).toBe(both[1]?.json.sessionId)
    expect(both[0]?.json.sessionId).not.toBe(first.json.sessionId)
    const events = await told(world, id)
    expect(events.map(({ type }) => type)).toEqual(Array(4).fill('processing.started'))
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(4)
  })

  test('[F3] of what is not there is refused in words: an instance, a message, one that was deleted, an account that is logged out', async () => {
    const id = await anInstance(world, 'M1', 'GONE')
    await tellApi(world.api, [anEvent('message.revoked', { instanceId: id, targetMessageId: 'GONE' })])
    expect(refusal(await start(world, 'nobody', 'M1'))).toMatchObject({
      status: 404,
      type: 'urn:zaplog:problem:instance-not-found',
    })
    for (const [messageId, received] of [
      ['M9', '"M9"'],
      ['GONE', expect.stringContaining('deleted for everyone')],
    ] as const)
      expect(refusal(await start(world, id, messageId))).toMatchObject({
        status: 422,
        errors: [{ pointer: '/messageId', received }],
      })
    expect(refusal(await start(world, id, 'M1', { chatId: '5511900000077' }))).toMatchObject({
      ...{ status: 422, errors: [{ pointer: '/messageId' }] },
    })
    const running = await begin(world, id, 'M1')
    await tellApi(world.api, [
      anEvent('instance.state-changed', {
        instanceId: id,
        state: 'logged-out',
        reason: 'logged-out',
        reasonText: 'by the phone',
      }),
    ])
    const loggedOut = { status: 409, type: 'urn:zaplog:problem:instance-logged-out' }
    expect(refusal(await start(world, id, 'M1'))).toMatchObject(loggedOut)
    expect(refusal(await finish(world, running))).toMatchObject(loggedOut)
    expect((await read(world, running)).json.status).toBe('running')
    expect(await told(world, id)).toHaveLength(1)
    await dueNow(world, running)
    await until('it has timed out', async () => (await told(world, id)).some(({ type }) => type === 'processing.timed-out'))
    expect(await asked(world, id)).toEqual([])
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
    expect(refusal(await start(world, 'nobody', 'M1', body))).toMatchObject({ status: 422, errors: [{ pointer }] })
  })
})

describe('a time-out', () => {
  test('[F3] ends each session that nobody ended, once, whichever of two processes comes first, or a client', async () => {
    const ids = Array.from({ length: 8 }, (_, nth) => `M${nth}`)
    const id = await anInstance(world, ...ids)
    const another = await world.api.openAnother()
    const sessions: string[] = []
    for (const messageId of ids) sessions.push(await begin(world, id, messageId))
    await world.api.database.query('update processing_sessions set timeout_at = now() where instance_id = $1', [id])
    await finish(world, sessions[0], { status: 'success' })
    for (const sessionId of sessions.slice(1)) await untilStatus(world, sessionId, 'timed-out')
    await until('all ends are in the log', async () => (await told(world, id)).length === 16)
    await another.close()
    const ends = (await told(world, id)).filter(({ type }) => type !== 'processing.started')
    expect(ends.map(({ type }) => type.slice(11)).toSorted()).toEqual(['finished', ...Array(7).fill('timed-out')])
    expect(new Set(ends.map(({ sessionId }) => sessionId)).size).toBe(8)
    const emojis = new Map((await asked(world, id)).map(({ commandId, emoji }) => [commandId, emoji]))
    expect([...emojis.values()].toSorted()).toEqual(['✅', ...Array(7).fill('⚠️')].toSorted())
    expect((await finish(world, sessions[1], { status: 'success' })).status).toBe(404)
  })

  test('[F3] leaves out what is renewed, and what is purged', async () => {
    const id = await anInstance(world, 'M1', 'M2')
    const [renewed, late] = [await begin(world, id, 'M1'), await begin(world, id, 'M2')]
    const anew = { instanceId: id, chatId: somebody.lid, messageId: 'M1', chatPn: null, processType: null, timeoutMs: 600_000 }
    // At once, so that nobody ends it in between.
    await world.api.database.transact(async tx => {
      await dueIn(world, renewed, '0', tx)
      expect(await startSession(tx, { ...anew, target: { fromMe: false, senderId: null } })).toMatchObject({ sessionId: renewed })
    }, AbortSignal.timeout(10_000))
    await dueNow(world, late)
    await untilStatus(world, late, 'timed-out')
    expect((await read(world, renewed)).json.status).toBe('running')
    expect((await world.api.call('DELETE', `/v1/instances/${id}?purge=true`)).status).toBe(202)
    await dueNow(world, renewed)
    const other = await anInstance(world, 'M1')
    const beside = await begin(world, other, 'M1')
    await dueNow(world, beside)
    await untilStatus(world, beside, 'timed-out')
    expect((await read(world, renewed)).json.status).toBe('running')
    expect((await finish(world, renewed)).status).toBe(404)
  })
})

test('[F3] [D4] an instance’s are listed, the last started first, in pages', async () => {
  const ids = ['M1', 'M2', 'M3', 'M4', 'M5']
  const id = await anInstance(world, ...ids)
  for (const messageId of ids) await begin(world, id, messageId)
  const page = async (query: string) => (await world.api.call('GET', `/v1/instances/${id}/processing?${query}`)).json
  const seen: unknown[] = []
  for (let cursor: unknown = ''; cursor !== null; ) {
    const { data, nextCursor } = await page(`limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
    seen.push(...(data as { messageId: string }[]).map(one => one.messageId))
    cursor = nextCursor
  }
  expect(seen).toEqual(ids.toReversed())
  expect(await page('before=2020-01-01T00:00:00Z')).toEqual({ data: [], nextCursor: null })
  expect((await world.api.call('GET', `/v1/instances/${id}/processing?cursor=nonsense`)).status).toBe(422)
  expect((await world.api.call('GET', '/v1/instances/nobody/processing')).status).toBe(404)
})
