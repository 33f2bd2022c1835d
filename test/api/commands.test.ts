// Commands over HTTP: 202 means that it is in the log, that it may be sent by then, and how it is found; what cannot be done is refused before.
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { beginTry } from '../../src/instances/command-tries.ts'
import {
  anInstance,
  ask,
  away,
  type CommandsWorld,
  claim,
  hello,
  openCommandsWorld,
  owned,
  read,
  recordsOf,
} from '../ground/api/commands-world.ts'
import { appendEvents } from '../ground/api/project-events.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines(['request.failed'])
let world: CommandsWorld
beforeAll(async () => {
  world = await openCommandsWorld('api-commands', logger)
})
beforeEach(() => {
  world.parts.append = 'takes'
})
afterAll(() => world.close())

describe('asking', () => {
  test('[F1] the answer names command, event, message and key, and what was asked for is in the log by then', async () => {
    const id = await anInstance(world)
    const { status, json, headers } = await ask(world, id, { key: 'order 1' })
    expect(status).toBe(202)
    expect(json).toEqual({
      commandId: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventId: expect.stringMatching(/^[0-9a-f]{32}$/),
      messageId: expect.stringMatching(/^3EB0[0-9A-F]{18}$/),
      queuedUntil: new Date(world.api.clock.nowAt + 86_400_000).toISOString(),
      idempotencyKey: 'order 1',
      waitsFor: away,
      renderedAs: null,
    })
    expect(headers.get('location')).toBe(`/v1/instances/${id}/commands/${json.commandId}`)
    const [record, ...others] = await recordsOf(world, id)
    expect(others).toEqual([])
    const asked = { chatId: '5511900000011@s.whatsapp.net', kind: 'text', text: 'Olá!' }
    expect(record).toMatchObject({
      type: 'command.accepted',
      eventId: json.eventId,
      commandId: json.commandId,
      messageId: json.messageId,
      operation: 'message.send',
      chatId: asked.chatId,
      chatPn: asked.chatId,
      epoch: 0,
      sequence: 0,
      occurredAt: world.api.clock.nowAt,
      expiresAt: world.api.clock.nowAt + 86_400_000,
      digest: createHash('sha256').update(JSON.stringify(asked)).digest('hex'),
    })
    expect(JSON.parse(String(record?.type === 'command.accepted' && record.body))).toEqual({ ...asked, known: { isFirst: true } })
  })

  test('[F1] without a key each is another one, and the answer has the key that was made', async () => {
    const id = await anInstance(world)
    const [one, other] = [await ask(world, id), await ask(world, id)]
    expect(one.json.commandId).not.toBe(other.json.commandId)
    const again = await ask(world, id, { key: String(one.json.idempotencyKey) })
    expect(again.json).toEqual(one.json)
  })

  test('[F1] a chat is taken in every form that people write, and what is none is refused', async () => {
    const id = await anInstance(world)
    for (const [written, chatId] of [
      ['+55 (11) 90000-0011', '5511900000011@s.whatsapp.net'],
      ['5511900000011@c.us', '5511900000011@s.whatsapp.net'],
      ['100000000000001@lid', '100000000000001@lid'],
      ['120363000000000001', '120363000000000001@g.us'],
    ]) {
      const { json } = await ask(world, id, { body: { ...hello, chatId: written } })
      expect((await read(world, id, json.commandId)).json.chatId).toBe(chatId)
    }
    const refused = await ask(world, id, { body: { ...hello, chatId: 'Ana' } })
    expect(refused.json).toMatchObject({ status: 422, errors: [{ pointer: '/chatId', received: '"Ana"' }] })
    expect(await recordsOf(world, id)).toHaveLength(4)
  })

  test('[F1] an edit waits for no longer than WhatsApp takes it, and its record says until when', async () => {
    const id = await anInstance(world)
    const { nowAt } = world.api.clock
    const sent = anEvent('message.sent', { instanceId: id, messageId: 'OURS', text: 'já vai', occurredAt: nowAt - 14 * 60_000 })
    const position = await appendEvents(world.api, [anEvent('instance.paired', { instanceId: id }), sent])
    await world.api.call('GET', `/v1/instances/${id}?waitFor=${position}`)
    const edit = { chatId: sent.chatId, kind: 'edit', targetMessageId: 'OURS', text: 'melhor' }
    const { status, json } = await ask(world, id, { body: edit })
    expect([status, json.queuedUntil]).toEqual([202, new Date(nowAt + 60_000).toISOString()])
    expect(await recordsOf(world, id)).toMatchObject([{ expiresAt: nowAt + 60_000 }])
  })

  test.each([
    ['no key', ''],
    ['a key of 256 characters', 'k'.repeat(256)],
    ['a key with what no ASCII has', 'ação'],
  ])('[F1] %s is refused before anything is asked', async (_, key) => {
    const id = await anInstance(world)
    expect((await ask(world, id, { key })).json).toMatchObject({ status: 422, errors: [{ parameter: 'idempotency-key' }] })
    expect(await recordsOf(world, id)).toEqual([])
  })

  test('[F1] an instance that there is not, or that was deleted, is 404', async () => {
    const id = await anInstance(world)
    const known = await ask(world, id, { key: 'k1' })
    await world.api.call('DELETE', `/v1/instances/${id}`)
    for (const path of [id, 'nobody']) {
      expect((await ask(world, path, { key: 'k1' })).json).toMatchObject({
        status: 404,
        type: 'urn:zaplog:problem:instance-not-found',
      })
      expect((await read(world, path, known.json.commandId)).status).toBe(404)
      expect((await world.api.call('GET', `/v1/instances/${path}/commands`)).status).toBe(404)
    }
  })

  test('[F1] one that is logged out is 409 and says what to do; any other that is not open takes it, and it waits', async () => {
    const id = await anInstance(world)
    const before = await ask(world, id, { key: 'before' })
    const state = (state: string) =>
      appendEvents(world.api, [anEvent('instance.state-changed', { instanceId: id, state, reason: null, reasonText: null })])
    await state('reconnecting')
    expect((await ask(world, id, { key: 'reconnecting' })).status).toBe(202)
    const position = await state('logged-out')
    await world.api.call('GET', `/v1/instances/${id}?waitFor=${position}`)
    const refused = await ask(world, id, { key: 'after' })
    expect(refused.json).toMatchObject({
      status: 409,
      type: 'urn:zaplog:problem:instance-logged-out',
      detail: expect.stringContaining(`POST /v1/instances/${id}/restart asks for a QR code`),
    })
    const again = (await ask(world, id, { key: 'before' })).json
    expect(again).toEqual({ ...before.json, waitsFor: { ...away, instanceState: 'logged-out' } })
    expect((await read(world, id, before.json.commandId)).json.state).toBe('waiting')
  })
})

describe('with the answer', () => {
  test.each(['takes', 'takes apart'] as const)(
    '[F1] it may be sent, and the projection of its record changes nothing: the log %s it',
    async how => {
      const id = await anInstance(world)
      world.parts.append = how
      const { json, headers } = await ask(world, id)
      expect(await claim(world, id)).toMatchObject([{ command_id: json.commandId, tries: 0 }])
      await beginTry(world.api.database, {
        ...owned(id),
        commandId: String(json.commandId),
        tries: 1,
        built: Buffer.from('sealed'),
      })
      const projected = await read(world, id, json.commandId, `?waitFor=${headers.get('zaplog-position')}`)
      expect(projected.json).toMatchObject({ state: 'sending', tries: 1 })
      // A copy would say the very same: it is made of the row.
      const [row] = await world.api.database.query<{ body: unknown }>('select body from commands where instance_id = $1', [id])
      expect(await recordsOf(world, id)).toMatchObject([{ body: JSON.stringify(row?.body) }])
    },
  )
})

test('[F1] a status says how many people it is sent to, and the same however often it is asked for', async () => {
  const id = await anInstance(world)
  const body = { chatId: 'status', kind: 'text', text: 'oi', audience: { chatIds: ['5511900000011', '5511900000012'] } }
  const { status, json } = await ask(world, id, { key: 'k1', body })
  expect([status, json.audienceSize]).toEqual([202, 2])
  expect((await ask(world, id, { key: 'k1', body })).json).toEqual(json)
  expect((await recordsOf(world, id))[0]).toMatchObject({ chatId: 'status@broadcast', chatPn: null })
})
