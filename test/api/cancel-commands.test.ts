// What is cancelled is not given to WhatsApp, what may have been given is not called cancelled, and each is told once.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { beginTry, putOff } from '../../src/instances/command-tries.ts'
import type { Outcome } from '../../src/instances/commands.ts'
import { askAccepted, begin, cancel, outcomesOf, slugOf, statesOf } from '../ground/api/cancelling.ts'
import { anInstance, ask, type CommandsWorld, claim, endAs, openCommandsWorld, owned } from '../ground/api/commands-world.ts'
import { metricsToken } from '../ground/api/open-test-api.ts'
import { appendEvents } from '../ground/api/project-events.ts'
import { anEvent, somebody } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines(['request.failed'])
let world: CommandsWorld
beforeAll(async () => {
  world = await openCommandsWorld('api-cancel-commands', logger)
})
beforeEach(() => {
  world.parts.append = 'takes'
})
afterAll(() => world.close())

const refusal = { type: 'command.failed', at: 1, reason: 'refused', reasonText: 'WhatsApp refused it.', code: '503' } as const

const putOffAs = (id: string, commandId: string, said: Outcome | null) =>
  putOff(world.api.database, { ...owned(id), commandId, delayMs: 3_600_000, tries: null, turn: 'none', refusal: said })

const dueAgain = async (id: string, commandId: string) => {
  await world.api.database.query('update commands set due_at = null where command_id = $1', [commandId])
  expect((await claim(world, id)).map(one => one.command_id)).toContain(commandId)
}

describe('cancelling', () => {
  test('[F1] what waits has failed as cancelled, once however often that is asked, and its chat goes on', async () => {
    const id = await anInstance(world)
    const [first, second] = [await askAccepted(world, id), await askAccepted(world, id)]
    const cancelled = await cancel(world, id, first)
    expect(cancelled).toMatchObject({ status: 200, json: { state: 'failed', reason: 'cancelled', tries: 0, waitsFor: null } })
    expect((await cancel(world, id, first)).json).toEqual(cancelled.json)
    expect(await outcomesOf(world, id)).toMatchObject([
      { commandId: first, reason: 'cancelled', chatId: '5511900000011@s.whatsapp.net' },
    ])
    expect((await claim(world, id)).map(one => one.command_id)).toEqual([second])
    expect(slugOf(await cancel(world, id, '0'.repeat(32)))).toEqual([404, 'command-not-found'])
  })

  test('[F1] one that no row was projected of is cancelled as well, and its record begins nothing then', async () => {
    const id = await anInstance(world)
    world.parts.append = 'refuses'
    const { json } = await ask(world, id, { key: 'k1' })
    expect(json.status).toBe(503)
    world.parts.append = 'takes'
    const [row] = await world.api.database.query<{ command_id: string }>(
      'select command_id from commands where instance_id = $1',
      [id],
    )
    expect((await cancel(world, id, row?.command_id)).status).toBe(200)
    expect((await ask(world, id, { key: 'k1' })).status).toBe(202)
    expect(await statesOf(world, id)).toEqual(['failed'])
  })

  test('[F1] [B2] one that is claimed is cancelled until a try begins, and no try begins after it', async () => {
    const id = await anInstance(world)
    const [commandId, other] = [await askAccepted(world, id), await askAccepted(world, id, '5511900000012')]
    expect(await claim(world, id)).toHaveLength(2)
    const begin = (commandId: string) =>
      beginTry(world.api.database, { ...owned(id), commandId, tries: 1, built: Buffer.from('sealed') })
    expect((await cancel(world, id, commandId)).status).toBe(200)
    expect(await begin(commandId)).toBe(false)
    expect(await begin(other)).toBe(true)
    expect(slugOf(await cancel(world, id, other))).toEqual([409, 'being-sent'])
  })

  test('[F1] what WhatsApp may have is 409, what it refused is cancelled, what is over is 409 with how it ended', async () => {
    const id = await anInstance(world)
    const commandId = await askAccepted(world, id)
    const of = { ...owned(id), commandId }
    const refusal = { type: 'command.failed', at: 1, reason: 'refused', reasonText: 'WhatsApp refused it.', code: '503' } as const
    const later = { ...of, delayMs: 3_600_000, tries: null, turn: 'none' } as const
    await claim(world, id)
    await beginTry(world.api.database, { ...of, tries: 1, built: Buffer.from('sealed') })
    await putOff(world.api.database, { ...later, refusal: null })
    expect(slugOf(await cancel(world, id, commandId))).toEqual([409, 'being-sent'])
    const refused = await askAccepted(world, id, '5511900000012')
    await claim(world, id)
    await beginTry(world.api.database, { ...of, commandId: refused, tries: 1, built: Buffer.from('sealed') })
    await putOff(world.api.database, { ...later, commandId: refused, refusal })
    expect(await cancel(world, id, refused)).toMatchObject({ status: 200, json: { reason: 'cancelled', tries: 1 } })
    const done = await askAccepted(world, id, '5511900000013')
    await endAs(world, id, { type: 'command.completed', at: 1, saidAt: null })
    const over = await cancel(world, id, done)
    expect([...slugOf(over), over.json.detail]).toEqual([409, 'command-over', expect.stringContaining('it was done')])
  })

  test('[F1] all that wait are cancelled, of a chat by any of its addresses or of the instance, and of no other', async () => {
    const [id, other] = [await anInstance(world), await anInstance(world)]
    const chats = [somebody.pn, '5511900000012', somebody.pn, '5511900000013', somebody.pn]
    for (const chatId of chats) await askAccepted(world, id, chatId)
    await askAccepted(world, other)
    const all = (query = '') => world.api.call('DELETE', `/v1/instances/${id}/commands${query}`)
    const position = await appendEvents(world.api, [anEvent('contact.updated', { instanceId: id })])
    await world.api.call('GET', `/v1/instances/${id}?waitFor=${position}`)
    expect((await all(`?chatId=${somebody.lid}`)).json).toEqual({ cancelled: 3 })
    expect(await statesOf(world, id)).toEqual(['failed', 'accepted', 'failed', 'accepted', 'failed'])
    expect((await all()).json).toEqual({ cancelled: 2 })
    expect((await all()).json).toEqual({ cancelled: 0 })
    expect((await all('?chat=x')).status).toBe(422)
    expect([await statesOf(world, other), (await outcomesOf(world, id)).length]).toEqual([['accepted'], 5])
  })

  test('[F1] [B2] one that WhatsApp did not answer once may be there, whatever it said later; one done in part, too', async () => {
    const id = await anInstance(world)
    const commandId = await askAccepted(world, id)
    await claim(world, id)
    await begin(world, id, commandId)
    await putOffAs(id, commandId, null)
    await dueAgain(id, commandId)
    await beginTry(world.api.database, { ...owned(id), commandId, tries: 2, built: null })
    await putOffAs(id, commandId, refusal)
    expect(slugOf(await cancel(world, id, commandId))).toEqual([409, 'being-sent'])
    const partly = await askAccepted(world, id, '5511900000012')
    await claim(world, id)
    await begin(world, id, partly)
    await putOffAs(id, partly, { ...refusal, isPartly: true })
    expect(slugOf(await cancel(world, id, partly))).toEqual([409, 'being-sent'])
    const each = await askAccepted(world, id, '5511900000013')
    await claim(world, id)
    await begin(world, id, each)
    await begin(world, id, each)
    await putOffAs(id, each, refusal)
    await dueAgain(id, each)
    await beginTry(world.api.database, { ...owned(id), commandId: each, tries: 2, built: null })
    await putOffAs(id, each, refusal)
    const reasonText = 'It was cancelled after this: WhatsApp refused it.'
    expect(await cancel(world, id, each)).toMatchObject({ status: 200, json: { reason: 'cancelled', reasonText } })
  })

  test('[F2] a first message that is cancelled before it is sent gives its turn back, and one that was only claimed after another keeps it', async () => {
    const id = await anInstance(world)
    const askNow = async () => {
      const commandId = await askAccepted(world, id)
      await world.api.database.query(`update commands set expires_at = now() + interval '1 day' where command_id = $1`, [
        commandId,
      ])
      return commandId
    }
    const commandId = await askNow()
    const turns = () => world.api.database.query('select chat_id from first_contacts where instance_id = $1', [id])
    expect((await claim(world, id)).map(one => one.turn)).toEqual(['first'])
    expect(await turns()).toHaveLength(1)
    expect((await cancel(world, id, commandId)).status).toBe(200)
    expect(await turns()).toEqual([])
    const sent = await askNow()
    await claim(world, id)
    await begin(world, id, sent)
    const later = await askNow()
    expect((await cancel(world, id, later)).status).toBe(200)
    expect(await turns()).toHaveLength(1)
  })

  test('[F1] [B8] of a chat that is ignored the outcome is told without it, and each that is cancelled is counted', async () => {
    const id = await anInstance(world)
    const counted = async () =>
      Number(
        /commands_ended_total\{outcome="cancelled"\} (\d+)/.exec(
          (await world.api.call('GET', '/metrics', { key: metricsToken })).text,
        )?.[1] ?? 0,
      )
    const before = await counted()
    expect(
      (await world.api.call('PATCH', `/v1/instances/${id}`, { body: { settings: { ignoreNewsletters: true } } })).status,
    ).toBe(200)
    const commandId = await askAccepted(world, id)
    await world.api.database.query(`update commands set chat_id = '120363000000000001@newsletter' where command_id = $1`, [
      commandId,
    ])
    expect((await cancel(world, id, commandId)).status).toBe(200)
    expect(await outcomesOf(world, id)).toMatchObject([{ commandId, chatId: null, reason: 'cancelled' }])
    expect(await counted()).toBe(before + 1)
  })
})
