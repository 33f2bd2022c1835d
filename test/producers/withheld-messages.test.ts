// Placeholders are told at once; the message comes under its own id where the phone hands it over.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { edit, text } from '../../simulator/accounts/content.ts'
import { poll, vote } from '../../simulator/accounts/seal-content.ts'
import { isWithheld, withheldIn } from '../../src/producers/gate/withheld.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { hows, openRig, type Rig } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const nowSeconds = 1_700_000_000
const stanza = (type: string | null, attrs: Record<string, string> = {}): BinaryNode => ({
  tag: 'message',
  attrs: { id: 'M', from: '200@lid', t: String(nowSeconds), ...attrs },
  content: type === null ? [] : [{ tag: 'unavailable', attrs: { type } }],
})
const days = (count: number) => String(nowSeconds - count * 24 * 60 * 60)

describe('a stanza', () => {
  test.each([
    ['view_once', { viewOnce: true, asked: false }],
    ['view_once_unavailable_fanout', { viewOnce: true, asked: false }],
    ['bot_unavailable_fanout', { viewOnce: null, asked: false }],
    ['hosted_unavailable_fanout', { viewOnce: null, asked: false }],
    ['fanout', { viewOnce: null, asked: true }],
    ['of the future', { viewOnce: null, asked: true }],
    [null, { viewOnce: null, asked: true }],
  ])('[B8] [B9] with <unavailable type="%s"> says whether Baileys asks the phone', (type, expected) => {
    expect(isWithheld(stanza(type))).toBe(true)
    expect(withheldIn(stanza(type), nowSeconds * 1000)).toEqual(expected)
  })

  test('[B5] [B8] [B9] older than 14 days it is not asked for; a time that cannot be is none', () => {
    const askedAt = (t: string) => withheldIn(stanza('fanout', { t }), nowSeconds * 1000).asked
    expect([days(13), days(15), '', 'nonsense', '0', String(nowSeconds * 1000)].map(askedAt)).toEqual([
      true,
      false,
      ...[false, true, false, true],
    ])
  })

  test('[B8] [B9] with content, of a channel or of the own phone to this device alone it is no placeholder', () => {
    const enc = { tag: 'enc', attrs: { type: 'msg', v: '2' }, content: Buffer.from('x') }
    expect(isWithheld({ ...stanza('fanout'), content: [{ tag: 'unavailable', attrs: {} }, enc] })).toBe(false)
    expect(isWithheld(stanza(null, { from: '1203@newsletter' }))).toBe(false)
    expect(isWithheld(stanza(null, { category: 'peer' }))).toBe(false)
  })
})

describe('with the real Baileys', () => {
  const logger = collectLogLines()
  let rig: Rig
  beforeEach(async () => {
    rig = await openRig('withheld messages', logger)
  })
  afterEach(async () => {
    await rig.close()
  })
  const contact = () => rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })

  test('[B8] [B9] what may be opened once, and a first message of which the phone says nothing, are told at once and acknowledged', async () => {
    await rig.start()
    const device = await rig.pair('first')
    const ana = contact()
    const group = rig.simulator.group({ subject: 'Team', members: [device.owner, ana] })
    const once = device.withhold({ from: ana, type: 'view_once' })
    const first = device.withhold({ from: ana, type: 'fanout' })
    const inGroup = device.withhold({ from: ana, group, type: 'view_once_unavailable_fanout' })
    const told = { reason: 'withheld', encryption: 'none', senderName: 'Ana', senderId: ana.lidJid, targetMessageId: null }
    expect(await rig.untilEvents('message.undecryptable', 3)).toMatchObject([
      { ...told, messageId: once, viewOnce: true, asked: false, chatId: ana.lidJid, chatPn: ana.pnJid, isGroup: false },
      { ...told, messageId: first, viewOnce: null, asked: true, chatId: ana.lidJid },
      { ...told, messageId: inGroup, viewOnce: true, asked: false, chatId: group.id, isGroup: true },
    ])
    for (const id of [once, first, inGroup]) await until(`${id} is settled`, () => hows(device, id).length > 0)
    expect([once, first, inGroup].map(id => hows(device, id))).toEqual([['receipt:inactive'], ['ack'], ['ack']])
    device.redeliver([once])
    await until('the copy is settled', () => hows(device, once).length === 2)
    const copies = (await rig.eventsOf('message.undecryptable')).filter(event => event.messageId === once)
    expect(new Set(copies.map(({ eventId }) => eventId)).size).toBe(1)
    expect((await rig.eventsOf('unknown')).filter(event => event.source === 'stanza')).toEqual([])
    expect(await rig.metrics.render()).toContain('zaplog_undecryptable_total{encryption="none"} 4')
  })

  test('[B8] [B9] what the phone hands over is the message under its own id, and its secret opens what is sealed with it', async () => {
    await rig.start()
    const device = await rig.pair('first')
    const ana = contact()
    const id = device.withhold({ from: ana, type: 'fanout', content: text('I saw your advertisement') })
    const asked = device.withhold({ from: ana, type: 'fanout', content: poll('Lunch?', ['soup', 'salad']) })
    const [withheld] = await rig.untilEvents('message.undecryptable', 2)
    expect(withheld).toMatchObject({ messageId: id, asked: true })
    const [message, polled] = await rig.untilEvents('message.received', 2)
    const shown = { senderName: 'Ana', chatId: ana.lidJid, senderId: ana.lidJid }
    expect(message).toMatchObject({ ...shown, messageId: id, kind: 'text', text: 'I saw your advertisement' })
    expect(polled).toMatchObject({ ...shown, messageId: asked, kind: 'poll' })
    await device.send(ana, edit(ana, 'I saw it', { messageId: id, author: ana }))
    await device.sendFromPhone(ana, vote(device.owner, ['soup'], { messageId: asked, author: ana }))
    expect(await rig.untilEvents('message.edited', 1)).toMatchObject([{ targetMessageId: id, text: 'I saw it' }])
    expect(await rig.untilEvents('poll.voted', 1)).toMatchObject([{ targetMessageId: asked, options: ['soup'] }])
  })
})
