// What makes a message for people waits for the turn of its account, in its order, and costs nothing while it waits.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { askFor, askForAll, shownTexts } from '../ground/producers/commands.ts'
import { person, query } from '../ground/producers/ended-commands.ts'
import { openRig, type Rig, testConfig, texts } from '../ground/producers/rig.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('commands-turns', logger)
})
afterEach(() => rig.close())

/** Of the table commands, whether or not they were wanted. */
const rowsReadBy = ([sql, values]: readonly unknown[]) =>
  rig.database.database.transact(async tx => {
    const count = async () => {
      const [row] = await tx.query<{ rows: string }>(
        `select seq_tup_read + coalesce(idx_tup_fetch, 0) as rows from pg_stat_xact_user_tables where relname = 'commands'`,
      )
      return Number(row?.rows ?? 0)
    }
    const before = await count()
    await tx.query(String(sql), Array.isArray(values) ? values : [])
    return (await count()) - before
  }, new AbortController().signal)

test('[F2] what makes a message for people waits for its turn and keeps its order; a change of one does not wait', async () => {
  await rig.start({ config: { ...testConfig, url: rig.simulator.url, cdnUrl: null, outboundPerMinute: 1, outboundBurst: 1 } })
  const device = await rig.pair('first')
  const [ana, bia, caio] = [person(rig, 1), person(rig, 2), person(rig, 3)]
  const first = await askFor(rig, { chatId: ana.lidJid, text: 'first' })
  await rig.untilEvents('command.completed', 1)
  await askFor(rig, { chatId: bia.lidJid, text: 'second' })
  await askFor(rig, {
    chatId: caio.lidJid,
    kind: 'reaction',
    targetMessageId: 'ABC',
    emoji: '👍',
    known: { target: { fromMe: false, senderId: caio.lidJid } },
  })
  const edit = { chatId: ana.lidJid, kind: 'edit', targetMessageId: first.messageId, text: 'first, edited' }
  const edited = await askFor(rig, { ...edit, known: { target: { fromMe: true, senderId: null } } })
  await rig.untilEvents('command.completed', 3)
  expect(await rig.eventsOf('message.reacted')).toMatchObject([{ targetMessageId: 'ABC', emoji: '👍', fromMe: true }])
  const [told] = await rig.eventsOf('message.edited')
  expect(told).toMatchObject({
    targetMessageId: first.messageId,
    text: 'first, edited',
    fromMe: true,
    messageId: edited.messageId,
  })
  expect(texts(shownTexts(device))).toEqual(['first, edited'])
  expect(device.reactions()).toMatchObject([{ chat: caio.lidJid, targetMessageId: 'ABC', emoji: '👍' }])
  expect(texts(await rig.eventsOf('message.sent'))).toEqual(['first'])
})

test('[F2] however many chats wait for the turn of their account, none of their rows is written before it, and each claim reads few', async () => {
  const claims: (readonly unknown[])[] = []
  const database = flaky(rig.database.database, ({ args }) => {
    if (String(args[0]).includes('due.turn')) claims.push(args)
    return null
  })
  const config = { ...testConfig, url: rig.simulator.url, cdnUrl: null, outboundPerMinute: 1, outboundBurst: 1 }
  await rig.start({ config, database })
  await rig.pair('first')
  const chats = Array.from({ length: 2_000 }, (_, nth) => `${20_000_000_000 + nth}@lid`)
  await askFor(rig, { chatId: person(rig, 1).lidJid })
  await rig.untilEvents('command.completed', 1)
  await askForAll(
    rig,
    chats.map(chatId => ({ chatId })),
  )
  // As autovacuum does.
  await query(rig, 'analyze commands')
  const caio = person(rig, 3)
  const claimedBefore = claims.length
  for (let nth = 0; nth < 5; nth += 1) {
    const known = { target: { fromMe: false, senderId: caio.lidJid } }
    await askFor(rig, { chatId: caio.lidJid, kind: 'reaction', targetMessageId: `ABC${nth}`, emoji: '👍', known })
    await rig.untilEvents('command.completed', 2 + nth)
  }
  expect(claims.length).toBeGreaterThan(claimedBefore)
  const untouched = `epoch is null and due_at is null and state = 'accepted'`
  expect(await query(rig, `select 1 from commands where ${untouched}`)).toHaveLength(2_000)
  expect(await rowsReadBy(claims.at(-1) ?? [])).toBeLessThan(50)
  // The same of first messages, while none of them may go.
  await query(rig, "update commands set is_paced = false, is_first = true where state = 'accepted'")
  await query(rig, "insert into first_contacts (instance_id, chat_id) values ('first', 'somebody@lid')")
  await query(rig, 'analyze commands')
  const [sql, values] = claims.at(-1) ?? []
  const hour = 3_600_000
  expect(await rowsReadBy([sql, (values as unknown[]).with(5, hour)])).toBeLessThan(50)
})
