// How commands end whose end one try alone does not tell: albums whose items are taken back one by one, refusals behind silence, and what is written behind
// a timer that does not come.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Contact } from '../../simulator/accounts/accounts.ts'
import type { SimDevice } from '../../simulator/accounts/device.ts'
import { cancelCommands } from '../../src/instances/cancel-commands.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { type Asked, askFor, askForAlbum, askToSend, over, skipWaiting, untilRow } from '../ground/producers/commands.ts'
import { never, openRig, type Rig } from '../ground/producers/rig.ts'
import { anUpload, aReadyUpload, makeReady, spoil } from '../ground/producers/uploads.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
let device: SimDevice
let ana: Contact
let people = 0
beforeAll(async () => {
  rig = await openRig('true ends', logger)
  await rig.start({ commandTimes: { ackMs: 300, retryMs: 60_000, fileMs: 50 } })
  device = await rig.pair('first')
})
afterAll(() => rig.close())
beforeEach(() => {
  ana = rig.simulator.contact({ pn: `55119000003${String(++people).padStart(2, '0')}`, name: `Person ${people}` })
})

const query = (sql: string, values: unknown[] = []) => rig.database.database.query<Record<string, unknown>>(sql, values)
const cancel = (asked: { commandId: string } | undefined, instanceId = 'first') =>
  rig.database.database.transact(async tx => {
    const at = Date.now()
    const outcome = { type: 'command.failed', at, reason: 'cancelled', reasonText: 'It was cancelled.', code: null } as const
    const rows = await cancelCommands(tx, { instanceId, commandId: asked?.commandId ?? '', limit: 1, outcome })
    return rows.map(row => row.command_id)
  }, never)
const shownOf = ({ messageId }: Asked) => device.shown().find(one => one.messageId === messageId)

describe('an album', () => {
  const photo = async (instanceId = 'first') => ({
    kind: 'image' as const,
    media: { uploadId: await aReadyUpload(rig, randomBytes(2_000), { instanceId }) },
  })

  test('[F1] whose items are cancelled one by one goes with the last of them, its marker and the whole', async () => {
    const of = { instanceId: 'away', chatId: ana.lidJid, items: [await photo('away'), await photo('away'), await photo('away')] }
    const { album, parts } = await askForAlbum(rig, of)
    const [marker, one, other, last] = parts
    expect(await cancel(other, 'away')).toEqual([other?.commandId])
    expect(await cancel(one, 'away')).toEqual([one?.commandId])
    expect((await cancel(last, 'away')).toSorted()).toEqual([album.commandId, marker?.commandId, last?.commandId].toSorted())
    expect(await query(`select from commands where instance_id = 'away' and state <> 'failed'`)).toEqual([])
  })

  test('[F1] whose last items are cancelled by two at once leaves no marker that nothing follows', async () => {
    const { parts } = await askForAlbum(rig, {
      instanceId: 'away',
      chatId: ana.lidJid,
      items: [await photo('away'), await photo('away')],
    })
    await Promise.all(parts.slice(1).map(item => cancel(item, 'away')))
    expect(await query(`select from commands where instance_id = 'away' and state <> 'failed'`)).toEqual([])
  })

  test('[F1] whose marker went out before all of its items were cancelled says that phones show an empty album', async () => {
    const unprepared = [await anUpload(rig), await anUpload(rig)]
    const { album, parts } = await askForAlbum(rig, {
      chatId: ana.lidJid,
      items: unprepared.map(uploadId => ({ kind: 'image', media: { uploadId } })),
    })
    const [marker, one, other] = parts
    expect(await over(rig, marker)).toMatchObject({ type: 'command.completed' })
    expect(await cancel(one)).toEqual([one?.commandId])
    expect(await cancel(other)).toEqual([other?.commandId])
    const text = expect.stringMatching('Its marker was sent .*empty album. It was cancelled.')
    expect(await over(rig, album)).toMatchObject({ type: 'command.failed', reason: 'cancelled', reasonText: text })
    expect(device.shown().filter(({ chat }) => chat === ana.lidJid)).toHaveLength(1)
    for (const uploadId of unprepared) await spoil(rig, uploadId, 'nobody sends it')
  })

  test('[F1] [B1] that replies says so with its first item alone, and its captions mention', async () => {
    const known = { quoted: { fromMe: false, senderId: ana.lidJid, text: 'onde?' } }
    const items = [await photo(), { ...(await photo()), caption: 'oi @200', mentions: ['200@lid'] }]
    const { album, parts } = await askForAlbum(rig, { chatId: ana.lidJid, items, known, quotedMessageId: 'THEIRS' })
    expect(await over(rig, album)).toMatchObject({ type: 'command.completed' })
    const sent = (await rig.eventsOf('message.sent')).filter(({ chatId }) => chatId === ana.lidJid)
    expect(sent.map(({ commandId, quotedMessageId, mentions }) => ({ commandId, quotedMessageId, mentions }))).toEqual([
      { commandId: parts[0]?.commandId, quotedMessageId: null, mentions: null },
      { commandId: parts[1]?.commandId, quotedMessageId: 'THEIRS', mentions: null },
      { commandId: parts[2]?.commandId, quotedMessageId: null, mentions: ['200@lid'] },
    ])
  })
})

describe('what WhatsApp refuses behind a try that it did not answer', () => {
  /** The first try is lost in this way, and what comes of the next one is what WhatsApp says to the `nth`. */
  async function refusedBehind(lost: 'swallow' | 'no-ack', error: number, nth: number) {
    device.answerMessages(lost, 1)
    const asked = await askFor(rig, { chatId: ana.lidJid })
    await untilRow(rig, asked, 'put off', row => row.state === 'accepted' && row.tries === 1)
    await query('update commands set tries = $2 where command_id = $1', [asked.commandId, nth - 1])
    device.answerMessages({ error }, 1)
    await skipWaiting(rig)
    return over(rig, asked)
  }
  const rests = async () => (await query('select from outgoing_turns where rests_until > now()')).length

  test('[F1] [B2] may be there all the same, and says what WhatsApp said', async () => {
    const reasonText = expect.stringContaining('WhatsApp said 479.')
    const unknown = { type: 'command.failed', reason: 'outcome-unknown', reasonText }
    expect(await refusedBehind('swallow', 479, 2)).toMatchObject({ ...unknown, code: '479', tries: 2 })
    expect(await rests()).toBe(0)
  })

  test('[F1] [F2] lets the account rest where it was too much', async () => {
    expect(await refusedBehind('swallow', 429, 3)).toMatchObject({ reason: 'outcome-unknown', code: '429', tries: 3 })
    expect(await rests()).toBe(1)
    await skipWaiting(rig)
  })

  test('[F1] [B2] is there where somebody says later that they have it, and is not sent again', async () => {
    device.answerMessages('no-ack', 1)
    const asked = await askFor(rig, { chatId: ana.lidJid })
    await untilRow(rig, asked, 'put off', row => row.state === 'accepted' && row.tries === 1)
    device.receipt({ messageIds: [asked.messageId], from: ana })
    await until('it is heard', () => device.pending().length === 0)
    await skipWaiting(rig)
    expect(await over(rig, asked)).toMatchObject({ type: 'command.completed', tries: 1 })
    expect(device.stanzasSent().filter(({ messageId }) => messageId === asked.messageId)).toHaveLength(1)
  })

  test('[F1] [B2] is there where somebody said at once that they have it, whose ack is lost', async () => {
    device.receipts('delivered')
    device.answerMessages('no-ack', 1)
    expect(await over(rig, await askFor(rig, { chatId: ana.lidJid }))).toMatchObject({ type: 'command.completed', tries: 1 })
    device.receipts('none')
  })
})

describe('what is written behind a timer of its chat', () => {
  const timer = (expiresInSeconds: number) =>
    askToSend(rig, 'chat.timer', { kind: 'timer', chatId: ana.lidJid, expiresInSeconds })
  const write = () => askFor(rig, { chatId: ana.lidJid, known: { expiresInSeconds: 7_776_000 } })
  const shownTimer = (asked: Asked) => shownOf(asked)?.content.extendedTextMessage?.contextInfo?.expiration ?? null

  test('[F1] keeps to it where it came before, and not where it was cancelled or refused', async () => {
    const uploadId = await anUpload(rig)
    await askFor(rig, { chatId: ana.lidJid, kind: 'image', media: { uploadId } })
    const before = await write()
    const set = await timer(86_400)
    const behind = await write()
    const cancelled = await timer(604_800)
    const last = await write()
    expect(await cancel(cancelled)).toEqual([cancelled.commandId])
    await makeReady(rig, uploadId, randomBytes(2_000))
    await skipWaiting(rig)
    for (const one of [before, set, behind, last]) expect(await over(rig, one)).toMatchObject({ type: 'command.completed' })
    expect([before, behind, last].map(shownTimer)).toEqual([null, 86_400, 86_400])
    device.answerMessages({ error: 479 }, 1)
    const [refused, later] = [await timer(0), await write()]
    expect(await over(rig, refused)).toMatchObject({ type: 'command.failed', reason: 'refused' })
    await over(rig, later)
    expect(shownTimer(later)).toBe(86_400)
  })
})
