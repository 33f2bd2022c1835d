// An album is its marker and each of its items, each once and in order, and ends as what it is made of did.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Transaction } from '../../src/database/database.ts'
import { endCommands, expireCommands, giveUpCommands } from '../../src/instances/commands-at-work.ts'
import { expireAlbums, giveUpAlbums } from '../../src/instances/end-albums.ts'
import { failed } from '../../src/producers/commands/judge-try.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { type Asked, askForAlbum, over, skipWaiting, untilRow } from '../ground/producers/commands.ts'
import { countOf, lidOf, meetPeople, openPostsWorld, type PostsWorld, rests, sentOf } from '../ground/producers/posts-world.ts'
import { anUpload, aReadyUpload, spoil } from '../ground/producers/uploads.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let world: PostsWorld
beforeAll(async () => {
  world = await openPostsWorld('albums', logger)
})
beforeEach(() => meetPeople(world))
afterAll(() => world.rig.close())

describe('an album', () => {
  const photo = async () => ({ kind: 'image' as const, media: { uploadId: await aReadyUpload(world.rig, randomBytes(3_000)) } })
  const film = async () => ({
    kind: 'video' as const,
    media: { uploadId: await aReadyUpload(world.rig, randomBytes(3_000), { kind: 'video' }) },
  })
  const resultOf = (event: Awaited<ReturnType<typeof over>>) =>
    event.type === 'command.completed' && JSON.parse(event.result ?? 'null')
  const shownIn = (chat: string) => world.device.shown().filter(one => one.chat === chat)

  test('[F1] [B1] is its marker and each of its items in order, which name it as their parent', async () => {
    const { album, parts } = await askForAlbum(world.rig, {
      chatId: lidOf(world.ana),
      items: [await photo(), { ...(await film()), caption: 'dois' }, await photo()],
    })
    expect(resultOf(await over(world.rig, album))).toEqual({ sent: 3, failed: [] })
    expect(shownIn(lidOf(world.ana)).map(({ messageId }) => messageId)).toEqual(parts.map(({ messageId }) => messageId))
    const [marker, ...items] = await Promise.all(parts.map(part => sentOf(world, part)))
    expect(marker).toMatchObject({ kind: 'album', interactive: JSON.stringify({ imageCount: 2, videoCount: 1 }) })
    expect(items.map(item => [item?.kind, item?.text, item?.parentMessageId])).toEqual([
      ['image', null, marker?.messageId],
      ['video', 'dois', marker?.messageId],
      ['image', null, marker?.messageId],
    ])
  })

  test('[F1] of which one cannot be sent is sent without it, and says so', async () => {
    const photos = [await photo(), await photo()] as const
    const spoilt = await anUpload(world.rig)
    const { album, parts } = await askForAlbum(world.rig, {
      chatId: lidOf(world.ana),
      items: [photos[0], { kind: 'image', media: { uploadId: spoilt } }, photos[1]],
    })
    await spoil(world.rig, spoilt, 'It is no image.')
    const { commandId, messageId } = parts[2] as Asked
    const failed = [{ commandId, messageId, reason: 'invalid', reasonText: 'It is no image.', code: null }]
    expect(resultOf(await over(world.rig, album))).toEqual({ sent: 2, failed })
    expect(shownIn(lidOf(world.ana))).toHaveLength(3)
  })

  test('[F1] whose marker is refused is refused as a whole, and nothing of it is shown', async () => {
    world.device.answerMessages({ error: 479 }, 1)
    const { album, parts } = await askForAlbum(world.rig, { chatId: lidOf(world.ana), items: [await photo(), await photo()] })
    const refused = { type: 'command.failed', reason: 'refused', code: '479' }
    for (const one of [...parts, album]) expect(await over(world.rig, one)).toMatchObject(refused)
    expect(parts.map(part => countOf(world, part))).toEqual([1, undefined, undefined])
  })

  test('[F2] whose marker is refused as too much lets the account rest once, and no longer for what is in it', async () => {
    world.device.answerMessages({ error: 429 }, 1)
    const { album, parts } = await askForAlbum(world.rig, { chatId: lidOf(world.ana), items: [await photo(), await photo()] })
    const [marker] = parts
    await untilRow(world.rig, marker as Asked, 'put off', row => row.state === 'accepted' && row.tries === 1)
    expect(await rests(world)).toHaveLength(1)
    // As after its third try.
    await world.rig.database.database.query(
      'update commands set expires_at = now(), tries = 3, outcome = refusal, state = $2 where command_id = $1',
      [...[marker?.commandId, 'ending']],
    )
    await skipWaiting(world.rig)
    for (const one of [...parts, album]) expect(await over(world.rig, one)).toMatchObject({ reason: 'rate-limited', code: '429' })
    expect([parts.map(part => countOf(world, part)), await rests(world)]).toEqual([[1, undefined, undefined], []])
  })

  test('[F1] is each of its messages once, though the connection is lost after every one of them', async () => {
    world.device.answerMessages('no-ack', 1)
    const { album, parts } = await askForAlbum(world.rig, { chatId: lidOf(world.ana), items: [await photo(), await photo()] })
    for (const part of parts) {
      await until('it is given to WhatsApp', () => (countOf(world, part) ?? 0) > 0)
      world.device.drop()
      await over(world.rig, part)
    }
    expect(resultOf(await over(world.rig, album))).toEqual({ sent: 2, failed: [] })
    expect(shownIn(lidOf(world.ana)).map(({ messageId }) => messageId)).toEqual(parts.map(({ messageId }) => messageId))
    expect(world.device.conflicts()).toEqual([])
    expect(
      await world.rig.eventsOf('message.sent').then(all => all.filter(event => event.chatId === lidOf(world.ana))),
    ).toHaveLength(3)
  })

  test('[F1] whose time is over in the middle says what was sent and what not', async () => {
    const ready = await photo()
    const unprepared = await anUpload(world.rig)
    const items = [ready, { kind: 'image' as const, media: { uploadId: unprepared } }]
    const { album, parts } = await askForAlbum(world.rig, { chatId: lidOf(world.ana), items })
    await over(world.rig, parts[1] as Asked)
    await world.rig.database.database.query(
      `update commands set expires_at = now() - interval '1 second' where state in ('accepted', 'sending')`,
    )
    await skipWaiting(world.rig)
    expect(resultOf(await over(world.rig, album))).toMatchObject({
      sent: 1,
      failed: [{ messageId: parts[2]?.messageId, reason: 'expired' }],
    })
    await spoil(world.rig, unprepared, 'nobody sends it')
  })

  /** In a transaction that nobody else sees anything of, as nothing of it stays. */
  async function unseen<Came>(work: (tx: Transaction) => Promise<Came>): Promise<Came> {
    const came: Came[] = []
    const undone = world.rig.database.database.transact(async tx => {
      came.push(await work(tx))
      throw new Error('undone')
    }, new AbortController().signal)
    await expect(undone).rejects.toThrow('undone')
    return came[0] as Came
  }

  test.each(['late', 'logged out'])('[F1] that is %s while nothing is sent ends as what it is made of did', async how => {
    const { database } = world.rig.database
    const items = [await photo(), await photo(), await photo()]
    const ended = async (done: readonly number[]) => {
      const { album, parts } = await askForAlbum(world.rig, { instanceId: 'away', chatId: lidOf(world.bia), items })
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
    await askForAlbum(world.rig, { instanceId: 'away', chatId: lidOf(world.ana), items: [await photo(), await photo()], known })
    const rows = await world.rig.database.database.query(
      `select is_first, is_paced from commands where instance_id = 'away' order by place`,
    )
    const free = { is_first: false, is_paced: false }
    expect(rows).toEqual([{ is_first: true, is_paced: false }, free, free, free])
  })
})
