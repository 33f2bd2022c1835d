// A status goes to whom it is for and to nobody else, also again, under one turn of its account.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Contact } from '../../simulator/accounts/accounts.ts'
import { createFindSent } from '../../src/producers/commands/find-sent.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { askFor, over, untilRow } from '../ground/producers/commands.ts'
import {
  countOf,
  lidOf,
  meetPeople,
  openPostsWorld,
  type PostsWorld,
  pnsOf,
  sentOf,
  shownOf,
  status,
} from '../ground/producers/posts-world.ts'
import { aReadyUpload } from '../ground/producers/uploads.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let world: PostsWorld
beforeAll(async () => {
  world = await openPostsWorld('statuses', logger)
})
beforeEach(() => meetPeople(world))
afterAll(() => world.rig.close())

describe('a status', () => {
  const post = (audience: readonly string[], more: object = {}) =>
    askFor(world.rig, { chatId: status, text: 'Aberto!', backgroundColor: '#010203', known: { audience }, ...more })

  test('[F1] is shown to whom it is for and to the account itself, and told as a message of it', async () => {
    const asked = await post([lidOf(world.ana), world.bia?.pnJid ?? ''])
    expect(await over(world.rig, asked)).toMatchObject({ type: 'command.completed', tries: 1, chatId: status })
    expect(shownOf(world, asked)?.shownTo.toSorted()).toEqual(pnsOf(world.ana, world.bia))
    expect(shownOf(world, asked)).toMatchObject({ chat: status, content: { extendedTextMessage: { text: 'Aberto!' } } })
    expect(await sentOf(world, asked)).toMatchObject({ chatId: status, text: 'Aberto!', source: 'api', isGroup: false })
  })

  test('[F1] that was lost on its way goes to the same people again, whatever is asked for by then', async () => {
    world.device.answerMessages('swallow', 1)
    const asked = await post([lidOf(world.ana)])
    await untilRow(world.rig, asked, 'begun', row => row.tries === 1)
    await world.rig.database.database.query(
      `update commands set body = jsonb_set(body, '{known,audience}', $2::jsonb) where command_id = $1`,
      [asked.commandId, JSON.stringify([lidOf(world.bia)])],
    )
    expect(await over(world.rig, asked)).toMatchObject({ type: 'command.completed', tries: 2 })
    expect([countOf(world, asked), shownOf(world, asked)?.shownTo.toSorted()]).toEqual([2, pnsOf(world.ana)])
    expect(world.device.conflicts()).toEqual([])
  })

  test('[F1] that somebody could not read is sent to them again, and to nobody else', async () => {
    world.device.failToRead(world.ana as Contact, 2)
    const asked = await post([world.ana?.pnJid ?? '', lidOf(world.bia)])
    await until('both show it', () => shownOf(world, asked)?.shownTo.includes(world.ana?.pn ?? ''))
    expect(shownOf(world, asked)?.shownTo.toSorted()).toEqual(pnsOf(world.ana, world.bia))
    expect(world.device.conflicts()).toEqual([])
  })

  test('[F1] that is asked for again is asked for until it went out, though the connection is lost in between', async () => {
    const asked = await post([lidOf(world.ana)])
    await over(world.rig, asked)
    world.device.answerIqs({ xmlns: 'usync', type: 'get', fault: 'swallow' })
    const attrs = { id: asked.messageId, from: status, participant: lidOf(world.ana), type: 'retry', t: '1' }
    const retry = { tag: 'retry', attrs: { count: '1', id: asked.messageId, t: '1', v: '1' } }
    world.device.pushStanza({ tag: 'receipt', attrs, content: [retry] })
    await until('its devices are asked for', () => world.device.iqFaultsLeft() === 0)
    expect([world.device.pending(), countOf(world, asked)]).toEqual([[asked.messageId], 1])
    world.device.drop()
    await until('nobody asks any more', () => world.device.pending().length === 0)
    expect([countOf(world, asked), world.device.conflicts()]).toEqual([2, []])
  })

  test('[F1] [I5] is found again for its audience alone, and nobody but who asks is looked up', async () => {
    const asked = await post([lidOf(world.ana), world.bia?.pnJid ?? ''])
    await over(world.rig, asked)
    const lookedUp: string[] = []
    const complete = async ({ id }: { id: string }) => {
      lookedUp.push(id)
      return { id, pn: id === lidOf(world.bia) ? (world.bia?.pnJid ?? null) : null }
    }
    const known = { complete }
    const find = createFindSent({ ...world.rig, database: world.rig.database.database, logger, instanceId: 'first', known })
    const foundFor = async (participant: string) =>
      (await find({ id: asked.messageId, remoteJid: status, participant })) !== undefined
    expect(await foundFor(lidOf(world.ana).replace('@', ':4@'))).toBe(true)
    expect(await foundFor(lidOf(world.bia).replace('@', ':4@'))).toBe(true)
    expect(await foundFor(lidOf(world.caio))).toBe(false)
    expect(lookedUp).toEqual([lidOf(world.bia), lidOf(world.caio)])
  })

  test('[F1] with a file is shown with it, and one for nobody who has a device fails in words and holds no other', async () => {
    const bytes = randomBytes(5_000)
    const media = { uploadId: await aReadyUpload(world.rig, bytes) }
    const asked = await post([lidOf(world.ana)], { kind: 'image', media, text: undefined, backgroundColor: undefined })
    await over(world.rig, asked)
    expect(world.device.fileShown(asked.messageId).equals(bytes)).toBe(true)
    world.device.hideDevices(world.caio as Contact, 1_000)
    const [unread, next] = [await post([lidOf(world.caio)]), await post([lidOf(world.ana)])]
    expect(await over(world.rig, unread)).toMatchObject({ type: 'command.failed', reason: 'not-on-whatsapp' })
    expect(countOf(world, unread)).toBeUndefined()
    expect(await over(world.rig, next)).toMatchObject({ type: 'command.completed' })
    world.device.hideDevices(world.caio as Contact, 0)
  })

  test('[F1] is deleted for those who have it, and one of somebody else is reacted to', async () => {
    const asked = await post([lidOf(world.ana)])
    await over(world.rig, asked)
    const about = { chatId: status, targetMessageId: asked.messageId }
    await over(
      world.rig,
      await askFor(world.rig, {
        ...about,
        kind: 'delete',
        known: { target: { fromMe: true, senderId: null }, audience: [lidOf(world.ana)] },
      }),
    )
    expect(shownOf(world, asked)?.isRevoked).toBe(true)
    expect((await world.rig.eventsOf('message.revoked')).at(-1)).toMatchObject({
      chatId: status,
      targetMessageId: asked.messageId,
    })
    const target = { fromMe: false, senderId: lidOf(world.ana) }
    const reaction = { chatId: status, kind: 'reaction', targetMessageId: 'THEIRS', emoji: '👍' }
    await over(world.rig, await askFor(world.rig, { ...reaction, known: { target, audience: [lidOf(world.ana)] } }))
    expect(world.device.reactions()).toMatchObject([{ chat: status, targetMessageId: 'THEIRS', emoji: '👍' }])
  })
})

test('[F2] a status takes one turn of its account, whoever sees it', async () => {
  const audience = [lidOf(world.ana), lidOf(world.bia), lidOf(world.caio)]
  const { commandId } = await askFor(world.rig, { chatId: status, text: 'oi', known: { audience } }, { instanceId: 'away' })
  const rows = await world.rig.database.database.query('select is_first, is_paced from commands where command_id = $1', [
    commandId,
  ])
  expect(rows).toEqual([{ is_first: false, is_paced: true }])
})
