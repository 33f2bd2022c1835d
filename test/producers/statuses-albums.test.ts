// Statuses and albums, sent by the real Baileys at the simulator: a status to its audience and nobody else, an album as its marker and what is in it,
// each once, whatever dies in between.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Contact } from '../../simulator/accounts/accounts.ts'
import type { SimDevice } from '../../simulator/accounts/device.ts'
import type { Transaction } from '../../src/database/database.ts'
import type { EventOf } from '../../src/events/event.ts'
import { endCommands, expireCommands, giveUpCommands } from '../../src/instances/commands-at-work.ts'
import { expireAlbums, giveUpAlbums } from '../../src/instances/end-albums.ts'
import { createFindSent } from '../../src/producers/commands/find-sent.ts'
import { failed } from '../../src/producers/commands/judge-try.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { type Asked, askFor, askForAlbum, skipWaiting, untilRow } from '../ground/producers/commands.ts'
import { openRig, ownerPn, type Rig } from '../ground/producers/rig.ts'
import { anUpload, aReadyUpload, spoil } from '../ground/producers/uploads.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
const status = 'status@broadcast'
let rig: Rig
let device: SimDevice
let [ana, bia, caio]: Contact[] = []
beforeAll(async () => {
  rig = await openRig('statuses albums', logger)
  await rig.start({ commandTimes: { ackMs: 1_000, retryMs: 30, fileMs: 100 } })
  device = await rig.pair('first')
})
afterAll(() => rig.close())
let people = 0
beforeEach(() => {
  const somebody = () =>
    rig.simulator.contact({ pn: `55119000002${String(++people).padStart(2, '0')}`, name: `Person ${people}` })
  ;[ana, bia, caio] = [somebody(), somebody(), somebody()]
})

const lidOf = (person: Contact | undefined) => person?.lidJid ?? ''
const pnsOf = (...of: readonly (Contact | undefined)[]) => [...of.map(person => person?.pn), ownerPn].toSorted()
const shownOf = ({ messageId }: { messageId: string }) => device.shown().find(one => one.messageId === messageId)
const countOf = ({ messageId }: { messageId: string }) => device.stanzasSent().find(one => one.messageId === messageId)?.count
const rests = () => rig.database.database.query('select from outgoing_turns where rests_until > now()')
const over = (asked: { commandId: string }) =>
  until('it is over', async () =>
    (await rig.events()).find(
      (event): event is EventOf<'command.completed'> | EventOf<'command.failed'> =>
        (event.type === 'command.completed' || event.type === 'command.failed') && event.commandId === asked.commandId,
    ),
  )
const sentOf = async ({ commandId }: Asked) => (await rig.eventsOf('message.sent')).find(event => event.commandId === commandId)

describe('a status', () => {
  const post = (audience: readonly string[], more: object = {}) =>
    askFor(rig, { chatId: status, text: 'Aberto!', backgroundColor: '#010203', known: { audience }, ...more })

  test('[F1] is shown to whom it is for and to the account itself, and told as a message of it', async () => {
    const asked = await post([lidOf(ana), bia?.pnJid ?? ''])
    expect(await over(asked)).toMatchObject({ type: 'command.completed', tries: 1, chatId: status })
    expect(shownOf(asked)?.shownTo.toSorted()).toEqual(pnsOf(ana, bia))
    expect(shownOf(asked)).toMatchObject({ chat: status, content: { extendedTextMessage: { text: 'Aberto!' } } })
    expect(await sentOf(asked)).toMatchObject({ chatId: status, text: 'Aberto!', source: 'api', isGroup: false })
  })

  test('[F1] that was lost on its way goes to the same people again, whatever is asked for by then', async () => {
    device.answerMessages('swallow', 1)
    const asked = await post([lidOf(ana)])
    await untilRow(rig, asked, 'begun', row => row.tries === 1)
    await rig.database.database.query(
      `update commands set body = jsonb_set(body, '{known,audience}', $2::jsonb) where command_id = $1`,
      [asked.commandId, JSON.stringify([lidOf(bia)])],
    )
    expect(await over(asked)).toMatchObject({ type: 'command.completed', tries: 2 })
    expect([countOf(asked), shownOf(asked)?.shownTo.toSorted()]).toEqual([2, pnsOf(ana)])
    expect(device.conflicts()).toEqual([])
  })

  test('[F1] that somebody could not read is sent to them again, and to nobody else', async () => {
    device.failToRead(ana as Contact, 2)
    const asked = await post([ana?.pnJid ?? '', lidOf(bia)])
    await until('both show it', () => shownOf(asked)?.shownTo.includes(ana?.pn ?? ''))
    expect(shownOf(asked)?.shownTo.toSorted()).toEqual(pnsOf(ana, bia))
    expect(device.conflicts()).toEqual([])
  })

  test('[F1] that is asked for again is asked for until it went out, though the connection is lost in between', async () => {
    const asked = await post([lidOf(ana)])
    await over(asked)
    device.answerIqs({ xmlns: 'usync', type: 'get', fault: 'swallow' })
    const attrs = { id: asked.messageId, from: status, participant: lidOf(ana), type: 'retry', t: '1' }
    const retry = { tag: 'retry', attrs: { count: '1', id: asked.messageId, t: '1', v: '1' } }
    device.pushStanza({ tag: 'receipt', attrs, content: [retry] })
    await until('its devices are asked for', () => device.iqFaultsLeft() === 0)
    expect([device.pending(), countOf(asked)]).toEqual([[asked.messageId], 1])
    device.drop()
    await until('nobody asks any more', () => device.pending().length === 0)
    expect([countOf(asked), device.conflicts()]).toEqual([2, []])
  })

  test('[F1] [I5] is found again for its audience alone, and nobody but who asks is looked up', async () => {
    const asked = await post([lidOf(ana), bia?.pnJid ?? ''])
    await over(asked)
    const lookedUp: string[] = []
    const complete = async ({ id }: { id: string }) => {
      lookedUp.push(id)
      return { id, pn: id === lidOf(bia) ? (bia?.pnJid ?? null) : null }
    }
    const known = { complete }
    const find = createFindSent({ ...rig, database: rig.database.database, logger, instanceId: 'first', known })
    const foundFor = async (participant: string) =>
      (await find({ id: asked.messageId, remoteJid: status, participant })) !== undefined
    expect(await foundFor(lidOf(ana).replace('@', ':4@'))).toBe(true)
    expect(await foundFor(lidOf(bia).replace('@', ':4@'))).toBe(true)
    expect(await foundFor(lidOf(caio))).toBe(false)
    expect(lookedUp).toEqual([lidOf(bia), lidOf(caio)])
  })

  test('[F1] with a file is shown with it, and one for nobody who has a device fails in words and holds no other', async () => {
    const bytes = randomBytes(5_000)
    const media = { uploadId: await aReadyUpload(rig, bytes) }
    const asked = await post([lidOf(ana)], { kind: 'image', media, text: undefined, backgroundColor: undefined })
    await over(asked)
    expect(device.fileShown(asked.messageId).equals(bytes)).toBe(true)
    device.hideDevices(caio as Contact, 1_000)
    const [unread, next] = [await post([lidOf(caio)]), await post([lidOf(ana)])]
    expect(await over(unread)).toMatchObject({ type: 'command.failed', reason: 'not-on-whatsapp' })
    expect(countOf(unread)).toBeUndefined()
    expect(await over(next)).toMatchObject({ type: 'command.completed' })
    device.hideDevices(caio as Contact, 0)
  })

  test('[F1] is deleted for those who have it, and one of somebody else is reacted to', async () => {
    const asked = await post([lidOf(ana)])
    await over(asked)
    const about = { chatId: status, targetMessageId: asked.messageId }
    await over(
      await askFor(rig, {
        ...about,
        kind: 'delete',
        known: { target: { fromMe: true, senderId: null }, audience: [lidOf(ana)] },
      }),
    )
    expect(shownOf(asked)?.isRevoked).toBe(true)
    expect((await rig.eventsOf('message.revoked')).at(-1)).toMatchObject({ chatId: status, targetMessageId: asked.messageId })
    const target = { fromMe: false, senderId: lidOf(ana) }
    const reaction = { chatId: status, kind: 'reaction', targetMessageId: 'THEIRS', emoji: '👍' }
    await over(await askFor(rig, { ...reaction, known: { target, audience: [lidOf(ana)] } }))
    expect(device.reactions()).toMatchObject([{ chat: status, targetMessageId: 'THEIRS', emoji: '👍' }])
  })
})

describe('an album', () => {
  const photo = async () => ({ kind: 'image' as const, media: { uploadId: await aReadyUpload(rig, randomBytes(3_000)) } })
  const film = async () => ({
    kind: 'video' as const,
    media: { uploadId: await aReadyUpload(rig, randomBytes(3_000), { kind: 'video' }) },
  })
  const resultOf = (event: Awaited<ReturnType<typeof over>>) =>
    event.type === 'command.completed' && JSON.parse(event.result ?? 'null')
  const shownIn = (chat: string) => device.shown().filter(one => one.chat === chat)

  test('[F1] [B1] is its marker and each of its items in order, which name it as their parent', async () => {
    const { album, parts } = await askForAlbum(rig, {
      chatId: lidOf(ana),
      items: [await photo(), { ...(await film()), caption: 'dois' }, await photo()],
    })
    expect(resultOf(await over(album))).toEqual({ sent: 3, failed: [] })
    expect(shownIn(lidOf(ana)).map(({ messageId }) => messageId)).toEqual(parts.map(({ messageId }) => messageId))
    const [marker, ...items] = await Promise.all(parts.map(sentOf))
    expect(marker).toMatchObject({ kind: 'album', interactive: JSON.stringify({ imageCount: 2, videoCount: 1 }) })
    expect(items.map(item => [item?.kind, item?.text, item?.parentMessageId])).toEqual([
      ['image', null, marker?.messageId],
      ['video', 'dois', marker?.messageId],
      ['image', null, marker?.messageId],
    ])
  })

  test('[F1] of which one cannot be sent is sent without it, and says so', async () => {
    const photos = [await photo(), await photo()] as const
    const spoilt = await anUpload(rig)
    const { album, parts } = await askForAlbum(rig, {
      chatId: lidOf(ana),
      items: [photos[0], { kind: 'image', media: { uploadId: spoilt } }, photos[1]],
    })
    await spoil(rig, spoilt, 'It is no image.')
    const { commandId, messageId } = parts[2] as Asked
    const failed = [{ commandId, messageId, reason: 'invalid', reasonText: 'It is no image.', code: null }]
    expect(resultOf(await over(album))).toEqual({ sent: 2, failed })
    expect(shownIn(lidOf(ana))).toHaveLength(3)
  })

  test('[F1] whose marker is refused is refused as a whole, and nothing of it is shown', async () => {
    device.answerMessages({ error: 479 }, 1)
    const { album, parts } = await askForAlbum(rig, { chatId: lidOf(ana), items: [await photo(), await photo()] })
    const refused = { type: 'command.failed', reason: 'refused', code: '479' }
    for (const one of [...parts, album]) expect(await over(one)).toMatchObject(refused)
    expect(parts.map(countOf)).toEqual([1, undefined, undefined])
  })

  test('[F2] whose marker is refused as too much lets the account rest once, and no longer for what is in it', async () => {
    device.answerMessages({ error: 429 }, 1)
    const { album, parts } = await askForAlbum(rig, { chatId: lidOf(ana), items: [await photo(), await photo()] })
    const [marker] = parts
    await untilRow(rig, marker as Asked, 'put off', row => row.state === 'accepted' && row.tries === 1)
    expect(await rests()).toHaveLength(1)
    // As after its third try.
    await rig.database.database.query(
      'update commands set expires_at = now(), tries = 3, outcome = refusal, state = $2 where command_id = $1',
      [...[marker?.commandId, 'ending']],
    )
    await skipWaiting(rig)
    for (const one of [...parts, album]) expect(await over(one)).toMatchObject({ reason: 'rate-limited', code: '429' })
    expect([parts.map(countOf), await rests()]).toEqual([[1, undefined, undefined], []])
  })

  test('[F1] is each of its messages once, though the connection is lost after every one of them', async () => {
    device.answerMessages('no-ack', 1)
    const { album, parts } = await askForAlbum(rig, { chatId: lidOf(ana), items: [await photo(), await photo()] })
    for (const part of parts) {
      await until('it is given to WhatsApp', () => (countOf(part) ?? 0) > 0)
      device.drop()
      await over(part)
    }
    expect(resultOf(await over(album))).toEqual({ sent: 2, failed: [] })
    expect(shownIn(lidOf(ana)).map(({ messageId }) => messageId)).toEqual(parts.map(({ messageId }) => messageId))
    expect(device.conflicts()).toEqual([])
    expect(await rig.eventsOf('message.sent').then(all => all.filter(event => event.chatId === lidOf(ana)))).toHaveLength(3)
  })

  test('[F1] whose time is over in the middle says what was sent and what not', async () => {
    const ready = await photo()
    const unprepared = await anUpload(rig)
    const items = [ready, { kind: 'image' as const, media: { uploadId: unprepared } }]
    const { album, parts } = await askForAlbum(rig, { chatId: lidOf(ana), items })
    await over(parts[1] as Asked)
    await rig.database.database.query(
      `update commands set expires_at = now() - interval '1 second' where state in ('accepted', 'sending')`,
    )
    await skipWaiting(rig)
    expect(resultOf(await over(album))).toMatchObject({
      sent: 1,
      failed: [{ messageId: parts[2]?.messageId, reason: 'expired' }],
    })
    await spoil(rig, unprepared, 'nobody sends it')
  })

  /** In a transaction that nobody else sees anything of, as nothing of it stays. */
  async function unseen<Came>(work: (tx: Transaction) => Promise<Came>): Promise<Came> {
    const came: Came[] = []
    const undone = rig.database.database.transact(async tx => {
      came.push(await work(tx))
      throw new Error('undone')
    }, new AbortController().signal)
    await expect(undone).rejects.toThrow('undone')
    return came[0] as Came
  }

  test.each(['late', 'logged out'])('[F1] that is %s while nothing is sent ends as what it is made of did', async how => {
    const { database } = rig.database
    const items = [await photo(), await photo(), await photo()]
    const ended = async (done: readonly number[]) => {
      const { album, parts } = await askForAlbum(rig, { instanceId: 'away', chatId: lidOf(bia), items })
      const doneIds = done.map(nth => parts[nth]?.commandId)
      await database.query(
        `update commands set state = 'completed', ended_at = now(), tries = 1, outcome = '{"type":"command.completed"}' where command_id = any($1)`,
        [doneIds],
      )
      await database.query(
        `update commands set expires_at = now() - interval '1 hour', is_behind = exists (select from commands a where a.chat_id = commands.chat_id
           and a.instance_id = 'away' and a.state = 'accepted' and a.place < commands.place) where instance_id = 'away'`,
      )
      const ends = { untried: failed('expired', 1), tried: failed('outcome-unknown', 1) }
      const isIt = (one: { command_id: string }) => one.command_id === album.commandId
      if (how === 'late') {
        await expireCommands(database, ends, { live: ['first'], limit: 100 })
        return (await expireAlbums(database, { live: ['first'], limit: 100, at: 1 })).find(isIt)?.outcome
      }
      return unseen(async tx => {
        await tx.query(`insert into instance_ids (instance_id, request_id, name) values ('away', 'away', 'away')`)
        await tx.query(`insert into instance_owners (instance_id, epoch) values ('away', 1)`)
        const owned = { instanceId: 'away', epoch: 1 }
        const given = await giveUpCommands(tx, { ...owned, ...ends }, 100)
        expect(given.some(isIt)).toBe(false)
        await endCommands(tx, { instanceId: 'away', commandIds: given.map(one => one.command_id) })
        return (await giveUpAlbums(tx, { ...owned, at: 1 }, 100)).find(isIt)?.outcome
      })
    }
    const outcome = await ended([0, 1, 2])
    expect(outcome).toMatchObject({ type: 'command.completed' })
    const result = outcome?.type === 'command.completed' && JSON.parse(outcome.result ?? 'null')
    expect(result).toMatchObject({ sent: 2, failed: [{ reason: 'expired' }] })
    await database.query(`delete from commands where instance_id = 'away'`)
    expect(await ended([])).toMatchObject({ type: 'command.failed', reason: 'expired' })
    await database.query(`delete from commands where instance_id = 'away'`)
  })

  test('[F2] to somebody new takes one turn of first messages, whatever is in it', async () => {
    const known = { isFirst: true as const }
    await askForAlbum(rig, { instanceId: 'away', chatId: lidOf(ana), items: [await photo(), await photo()], known })
    const rows = await rig.database.database.query(
      `select is_first, is_paced from commands where instance_id = 'away' order by place`,
    )
    const free = { is_first: false, is_paced: false }
    expect(rows).toEqual([{ is_first: true, is_paced: false }, free, free, free])
  })
})

test('[F2] a status takes one turn of its account, whoever sees it', async () => {
  const audience = [lidOf(ana), lidOf(bia), lidOf(caio)]
  const { commandId } = await askFor(rig, { chatId: status, text: 'oi', known: { audience } }, { instanceId: 'away' })
  const rows = await rig.database.database.query('select is_first, is_paced from commands where command_id = $1', [commandId])
  expect(rows).toEqual([{ is_first: false, is_paced: true }])
})
