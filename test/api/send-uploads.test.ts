// A file to send that has a chat is a command once it is completed: sent once, and given up where nobody may have it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { beginTry, putOff } from '../../src/instances/command-tries.ts'
import { forgetCommands, type Outcome } from '../../src/instances/commands.ts'
import { decideOutcome, endCommand } from '../../src/instances/commands-at-work.ts'
import { claimCommands } from '../../src/instances/commands-claimed.ts'
import type { CommandsWorld } from '../ground/api/commands-world.ts'
import { tellApi } from '../ground/api/project-events.ts'
import { aPhoto, ask, complete, eventsIn, makeReady, openUploadsApi, put, read, uploaded } from '../ground/api/uploads-asked.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['request.failed'])
let world: CommandsWorld
beforeAll(async () => {
  world = await openUploadsApi('api-send-uploads', logger)
})
afterAll(() => world.close())

describe('an upload with a chat', () => {
  /** A chat of its own: what waits in one holds what comes after it. */
  let chats = 10
  const toSend = () => {
    chats += 1
    return { ...aPhoto, chatId: `55119000000${chats}`, caption: 'Olá' }
  }
  async function completed(): Promise<{ uploadId: string; json: Record<string, unknown> }> {
    const { json } = await ask(world, toSend())
    await put(world, json.url)
    const answer = await complete(world, json.uploadId)
    expect(answer.status).toBe(202)
    expect(answer.headers.get('zaplog-position')).not.toBeNull()
    return { uploadId: String(json.uploadId), json: answer.json }
  }
  async function sent(commandId: unknown): Promise<Event[]> {
    const all = await eventsIn(world, 'commands')
    return all.filter(one => one.type === 'command.accepted' && one.commandId === commandId)
  }
  /** As who holds the account does it. */
  const owned = { instanceId: 'shop', epoch: 1 }
  async function claim(commandId: unknown) {
    await world.api.database.query(`insert into instance_owners (instance_id, epoch) values ('shop', 1) on conflict do nothing`)
    await until('it to be claimed', async () => {
      const claimed = await claimCommands(world.api.database, owned, {
        busy: [],
        limit: 50,
        turns: 50,
        firsts: { spacingMs: 0, perDay: 0 },
      })
      return claimed.some(one => one.command_id === commandId)
    })
  }
  async function end(commandId: unknown, outcome: Outcome) {
    await claim(commandId)
    await decideOutcome(world.api.database, { ...owned, commandId: String(commandId), outcome })
    await endCommand(world.api.database, { instanceId: 'shop', commandId: String(commandId) })
  }
  const refusal = {
    type: 'command.failed',
    at: 1,
    reason: 'refused',
    reasonText: 'WhatsApp refused it (479)',
    code: '479',
  } as const

  test('[C13] [F1] completing accepts the message at once, before the file is prepared, and once', async () => {
    const { uploadId, json } = await completed()
    expect(json).toMatchObject({ state: 'processing', chatId: '5511900000011@s.whatsapp.net', caption: 'Olá' })
    expect(json.messageId).toMatch(/^3EB0[0-9A-F]{18}$/)
    expect((await complete(world, uploadId)).json.commandId).toBe(json.commandId)
    const [accepted, ...others] = await sent(json.commandId)
    expect(others).toEqual([])
    const body = accepted?.type === 'command.accepted' ? JSON.parse(accepted.body) : null
    expect(body).toMatchObject({ kind: 'image', chatId: '5511900000011@s.whatsapp.net', caption: 'Olá', media: { uploadId } })
  })

  test('[C13] that was asked for by number is answered under the address that the chat has', async () => {
    const [id, pn] = ['100000000000071@lid', '5511900000071@s.whatsapp.net']
    const received = anEvent('message.received', { instanceId: 'shop', chatId: id, chatPn: pn, senderId: id, senderPn: pn })
    await tellApi(world.api, [received])
    const said = { ...aPhoto, chatId: '+55 11 90000-0071' }
    const { json } = await ask(world, said, 'by number')
    expect((await read(world, json.uploadId)).chatId).toBe(id)
    expect((await ask(world, said, 'by number')).json.uploadId).toBe(json.uploadId)
    await put(world, json.url)
    const { commandId, chatId } = (await complete(world, json.uploadId)).json
    expect(chatId).toBe(id)
    expect(await sent(commandId)).toMatchObject([{ chatId: id }])
  })

  test('[C13] is sent once its command is completed, and is then neither sent again nor given up', async () => {
    const { uploadId, json } = await completed()
    await makeReady(world, uploadId)
    await end(json.commandId, { type: 'command.completed', at: 1, saidAt: null })
    expect(await read(world, uploadId)).toMatchObject({ state: 'sent', reason: null })
    expect((await world.api.call('POST', `/v1/uploads/${uploadId}/retry`)).status).toBe(409)
    expect((await world.api.call('DELETE', `/v1/uploads/${uploadId}`)).status).toBe(409)
  })

  test('[C13] fails with its command, and is sent again by another one', async () => {
    const { uploadId, json } = await completed()
    await makeReady(world, uploadId)
    await end(json.commandId, refusal)
    expect(await read(world, uploadId)).toMatchObject({
      state: 'failed',
      reason: 'refused',
      reasonText: 'WhatsApp refused it (479)',
    })
    world.api.clock.nowAt += 1
    const again = await world.api.call('POST', `/v1/uploads/${uploadId}/retry`)
    expect([again.status, again.json.state]).toEqual([202, 'ready'])
    expect(again.json.commandId).not.toBe(json.commandId)
    expect(await sent(again.json.commandId)).toHaveLength(1)
    await end(again.json.commandId, { type: 'command.completed', at: 1, saidAt: null })
    expect((await read(world, uploadId)).state).toBe('sent')
  })

  test('[C13] is not given up while it is being sent', async () => {
    const { uploadId, json } = await completed()
    await claim(json.commandId)
    expect((await world.api.call('DELETE', `/v1/uploads/${uploadId}`)).json.type).toBe('urn:zaplog:problem:upload-over')
    await end(json.commandId, refusal)
  })

  const giveUp = async (uploadId: string) => (await world.api.call('DELETE', `/v1/uploads/${uploadId}`)).status

  test('[C13] is not given up once a try of it may have reached WhatsApp, also while that is repeated', async () => {
    const { uploadId, json } = await completed()
    await makeReady(world, uploadId)
    await claim(json.commandId)
    const of = { ...owned, commandId: String(json.commandId) }
    await beginTry(world.api.database, { ...of, tries: 1, built: Buffer.from('sealed') })
    await putOff(world.api.database, { ...of, delayMs: 0, tries: null, turn: 'none', refusal: null })
    expect(await giveUp(uploadId)).toBe(409)
    await end(json.commandId, refusal)
    expect(await giveUp(uploadId)).toBe(204)
  })

  test('[C13] is given up where a try was put off before anything of it went out', async () => {
    const { uploadId, json } = await completed()
    await claim(json.commandId)
    const of = { ...owned, commandId: String(json.commandId) }
    await putOff(world.api.database, { ...of, delayMs: 0, tries: 0, turn: 'none', refusal: null })
    expect(await giveUp(uploadId)).toBe(204)
    await end(json.commandId, refusal)
  })

  test('[C13] [F1] without one says the command of the message that names it, and is not given up once that was sent', async () => {
    const uploadId = await uploaded(world)
    await complete(world, uploadId)
    await makeReady(world, uploadId)
    const body = { chatId: toSend().chatId, kind: 'image', media: { uploadId } }
    const { json } = await world.api.call('POST', '/v1/instances/shop/messages', { body })
    expect(await read(world, uploadId)).toMatchObject({ state: 'ready', commandId: json.commandId, messageId: json.messageId })
    const { data } = (await world.api.call('GET', '/v1/instances/shop/uploads?limit=200')).json
    expect(data).toContainEqual(await read(world, uploadId))
    await end(json.commandId, { type: 'command.completed', at: 1, saidAt: null })
    expect(await read(world, uploadId)).toMatchObject({ state: 'sent' })
    expect(await giveUp(uploadId)).toBe(409)
  })

  test('[C13] without one is not sent again by itself', async () => {
    const uploadId = await uploaded(world)
    await complete(world, uploadId)
    await makeReady(world, uploadId)
    const body = { chatId: toSend().chatId, kind: 'image', media: { uploadId } }
    const { json } = await world.api.call('POST', '/v1/instances/shop/messages', { body })
    await end(json.commandId, refusal)
    expect((await world.api.call('POST', `/v1/uploads/${uploadId}/retry`)).json.type).toBe('urn:zaplog:problem:upload-over')
  })

  test('[C13] stays sent for longer than its command is remembered', async () => {
    const { uploadId, json } = await completed()
    await makeReady(world, uploadId)
    await end(json.commandId, { type: 'command.completed', at: 1, saidAt: null })
    await world.api.database.query(
      `update commands set asked_at = now() - interval '15 days', ended_at = now() - interval '15 days' where command_id = $1`,
      [json.commandId],
    )
    expect(await forgetCommands(world.api.database, { maxRows: 10 })).toBe(1)
    expect(await read(world, uploadId)).toMatchObject({ state: 'sent', commandId: json.commandId })
    expect(await giveUp(uploadId)).toBe(409)
  })

  test('[C13] whose log takes nothing is completed by whoever asks again', async () => {
    const { json } = await ask(world, toSend())
    await put(world, json.url)
    world.parts.append = 'refuses commands'
    expect((await complete(world, json.uploadId)).status).toBe(503)
    world.parts.append = 'takes'
    // Nobody prepares it before its command is known: what is told of it would not name that.
    expect((await read(world, json.uploadId)).state).toBe('pending')
    const { status, json: after } = await complete(world, json.uploadId)
    expect(status).toBe(202)
    expect(await sent(after.commandId)).toHaveLength(1)
  })
})
