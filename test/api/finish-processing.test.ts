// A message that is worked on is ended once, by whoever comes first, and that is told to the chat whatever dies in between.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { commandIds } from '../../src/instances/command-ids.ts'
import { endSession, startSession } from '../../src/instances/processing-sessions.ts'
import { type CommandsWorld, openCommandsWorld } from '../ground/api/commands-world.ts'
import { endNextCommand } from '../ground/api/end-next-command.ts'
import {
  anInstance,
  asked,
  begin,
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
  world = await openCommandsWorld('api-finish-processing', logger, { commandsWaitingMax: waitingMax })
})
beforeEach(() => {
  world.parts.append = 'takes'
})
afterAll(() => world.close())

describe('an end', () => {
  test.each([
    ['success', '✅'],
    ['error', '❌'],
    ['aborted', '⚠️'],
  ])('[F3] with %s is told, and asks for %s and the text as a reply, once, however often it comes', async (status, emoji) => {
    const id = await anInstance(world, 'M1')
    const sessionId = await begin(world, id, 'M1')
    const { status: answered, json } = await finish(world, sessionId, { status, text: 'done' })
    expect(answered).toBe(202)
    expect(json).toMatchObject({ sessionId, status, endedAt: expect.any(String) })
    expect((await finish(world, sessionId, { status, text: 'done' })).json).toEqual(json)
    const target = { chatId: somebody.lid, targetMessageId: 'M1' }
    expect(await asked(world, id)).toMatchObject([
      { commandId: json.reactionCommandId, kind: 'reaction', emoji, ...target, known: { target: { fromMe: false } } },
      { commandId: json.textCommandId, kind: 'text', text: 'done', chatId: somebody.lid, quotedMessageId: 'M1' },
    ])
    const [, event, ...others] = await told(world, id)
    expect(others).toEqual([])
    expect(event).toMatchObject({
      ...{ type: 'processing.finished', sessionId, status, messageId: 'M1', occurredAt: Date.parse(String(json.endedAt)) },
      startedAt: Date.parse(String(json.startedAt)),
    })
    const [row] = await world.api.database.query<{ text: string | null }>(
      'select text from processing_sessions where session_id = $1',
      [sessionId],
    )
    expect(row?.text).toBeNull()
  })

  test('[F3] of what does not run is 404: never begun, or ended in another way; a new start has an end of its own', async () => {
    const id = await anInstance(world, 'M1')
    const notFound = { status: 404, type: 'urn:zaplog:problem:processing-not-found' }
    expect(refusal(await finish(world, '0'.repeat(32)))).toMatchObject(notFound)
    expect(refusal(await read(world, 'nobody'))).toMatchObject(notFound)
    const sessionId = await begin(world, id, 'M1')
    const first = await finish(world, sessionId, { status: 'success' })
    for (const body of [{ status: 'error' }, { status: 'success', text: 'more' }])
      expect(refusal(await finish(world, sessionId, body))).toMatchObject(notFound)
    expect(await begin(world, id, 'M1')).toBe(sessionId)
    const second = await finish(world, sessionId, { status: 'success' })
    expect(second.status).toBe(202)
    expect(second.json.reactionCommandId).not.toBe(first.json.reactionCommandId)
    expect((await asked(world, id)).map(({ emoji }) => emoji)).toEqual(['✅', '✅'])
    expect((await told(world, id)).map(({ type }) => type.slice(11))).toEqual(['started', 'finished', 'started', 'finished'])
  })

  test.each([
    [{ status: 'done' }, '/status'],
    [{}, '/status'],
    [{ status: 'success', text: '' }, '/text'],
    [{ status: 'success', text: 'x'.repeat(65_537) }, '/text'],
  ])('[F3] [I3] that cannot be is 422', async (body, pointer) => {
    expect(refusal(await finish(world, '0'.repeat(32), body))).toMatchObject({ status: 422, errors: [{ pointer }] })
  })

  test('[F3] many at once are one', async () => {
    const id = await anInstance(world, 'M1')
    const sessionId = await begin(world, id, 'M1')
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => finish(world, sessionId, { status: 'error', text: 'sorry' })),
    )
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202])
    await untilStatus(world, sessionId, 'error')
    expect(new Set((await asked(world, id)).map(({ commandId }) => commandId)).size).toBe(2)
    expect((await told(world, id)).filter(({ type }) => type === 'processing.finished')).toHaveLength(1)
  })

  test('[F3] of a message that was deleted meanwhile sends its text all the same, to the chat', async () => {
    const id = await anInstance(world, 'M1')
    const sessionId = await begin(world, id, 'M1')
    await tellApi(world.api, [anEvent('message.revoked', { instanceId: id, targetMessageId: 'M1' })])
    const { status, json } = await finish(world, sessionId, { status: 'success', text: 'done' })
    expect([status, json.reactionCommandId]).toEqual([202, null])
    expect(await asked(world, id)).toEqual([{ commandId: json.textCommandId, kind: 'text', text: 'done', chatId: somebody.lid }])
  })

  test('[F3] while the log is away is taken, and told once it is back', async () => {
    const id = await anInstance(world, 'M1')
    const sessionId = await begin(world, id, 'M1')
    world.parts.append = 'refuses'
    const { status, json } = await finish(world, sessionId, { status: 'success', text: 'done' })
    expect([status, json.status, json.reactionCommandId]).toEqual([202, 'success', null])
    expect((await start(world, id, 'M1')).status).toBe(503)
    const anew = { instanceId: id, chatId: somebody.lid, messageId: 'M1', chatPn: null, processType: null, timeoutMs: 1_000 }
    expect(await startSession(world.api.database, { ...anew, target: { fromMe: false, senderId: null } })).toBeNull()
    world.parts.append = 'takes'
    const after = await untilStatus(world, sessionId, 'success')
    expect((await asked(world, id)).map(({ commandId }) => commandId)).toEqual([after.reactionCommandId, after.textCommandId])
    await until('its end is in the log', async () => (await told(world, id)).length === 2)
  })

  test('[F3] of an account that has as much waiting as may wait keeps no other’s end from being told, and is told later', async () => {
    const [full, other] = [await anInstance(world, 'M1'), await anInstance(world, 'M1')]
    const sessions = [await begin(world, full, 'M1'), await begin(world, other, 'M1')]
    for (let nth = 0; nth < waitingMax; nth += 1) {
      const body = { chatId: '5511900000011', kind: 'text', text: String(nth) }
      expect((await world.api.call('POST', `/v1/instances/${full}/messages`, { body })).status).toBe(202)
    }
    for (const sessionId of sessions) await dueNow(world, sessionId)
    await untilStatus(world, String(sessions[1]), 'timed-out')
    expect((await read(world, sessions[0])).json).toMatchObject({ status: 'timed-out', reactionCommandId: null })
    const completed = { type: 'command.completed', at: 1, saidAt: null } as const
    for (let nth = 0; nth < waitingMax; nth += 1) await endNextCommand(world.api.database, full, completed)
    await untilStatus(world, String(sessions[0]), 'timed-out')
  })

  test('[F3] whose process died before it was told is told by the next one, as it would have been', async () => {
    const id = await anInstance(world, 'M1')
    const sessionId = await begin(world, id, 'M1')
    const ended = await endSession(world.api.database, { sessionId, status: 'error', text: 'sorry' })
    const { reactionCommandId } = await untilStatus(world, sessionId, 'error')
    const key = `processing\n${sessionId} ${ended?.startNumber} sign`
    expect(reactionCommandId).toBe(commandIds({ instanceId: id, key }).commandId)
    expect((await asked(world, id)).map(({ kind }) => kind)).toEqual(['reaction', 'text'])
    expect((await finish(world, sessionId, { status: 'error', text: 'sorry' })).status).toBe(202)
  })
})
