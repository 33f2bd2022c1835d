// Events show the addresses that the instance knows, however the stanza came; their ids are made of the stanza alone.
import type { SignalDataSet, SignalKeyStore } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { edit, reaction, text } from '../../simulator/accounts/content.ts'
import { watchAddresses } from '../../src/convert/known-addresses.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openRig, type Rig } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

describe('from the keys', () => {
  const own = { pn: '5511900000001@s.whatsapp.net', lid: '100@lid' }
  const ana = { lid: '200@lid', pn: '5511900000011@s.whatsapp.net' }

  function open(stored: Record<string, string> = {}) {
    const rows = new Map<string, unknown>(Object.entries(stored))
    const reads: string[] = []
    let held = Promise.resolve()
    const keys = {
      get: async (type: string, ids: string[]) => {
        const found = Object.fromEntries(ids.flatMap(id => (rows.has(id) ? [[id, rows.get(id)]] : [])))
        reads.push(`${type} ${ids}`)
        await held
        return found
      },
      set: async (data: SignalDataSet) => {
        for (const values of Object.values(data)) for (const [id, value] of Object.entries(values)) rows.set(id, value)
      },
    }
    const hold = () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = promise
      return resolve
    }
    return { ...watchAddresses(keys as SignalKeyStore, () => own), reads, hold }
  }
  const pair = { 'lid-mapping': { '5511900000011': '200', '200_reverse': '5511900000011' } }

  test('[B4] a LID gets its phone number, a phone number its LID, and what the address says itself stays', async () => {
    const { complete } = open(pair['lid-mapping'])
    expect(await complete({ id: ana.lid, pn: null })).toEqual({ id: ana.lid, pn: ana.pn })
    expect(await complete({ id: ana.pn, pn: ana.pn })).toEqual({ id: ana.lid, pn: ana.pn })
    expect(await complete({ id: ana.lid, pn: '5511900000012@s.whatsapp.net' })).toMatchObject({
      pn: '5511900000012@s.whatsapp.net',
    })
    expect(await complete({ id: own.pn, pn: null })).toEqual({ id: own.lid, pn: own.pn })
    expect(await complete({ id: own.lid, pn: null })).toEqual({ id: own.lid, pn: own.pn })
    expect(await complete({ id: '201@lid', pn: null })).toEqual({ id: '201@lid', pn: null })
    expect(await complete({ id: '5511900000012@s.whatsapp.net', pn: null })).toMatchObject({ id: '5511900000012@s.whatsapp.net' })
    expect(await complete({ id: '1203@g.us', pn: null })).toEqual({ id: '1203@g.us', pn: null })
  })

  test('[B4] a contact costs one read, also one whose other address nobody knows', async () => {
    const { complete, reads } = open(pair['lid-mapping'])
    for (let times = 0; times < 3; times++)
      for (const id of [ana.lid, '201@lid', own.lid, '1203@g.us']) await complete({ id, pn: null })
    await complete({ id: ana.lid, pn: ana.pn })
    expect(reads).toEqual(['lid-mapping 200_reverse', 'lid-mapping 201_reverse'])
  })

  test('[B4] a pair that Baileys stores is known from then on, also where a read from before answers later', async () => {
    const { complete, keys, hold } = open()
    expect(await complete({ id: ana.pn, pn: ana.pn })).toEqual({ id: ana.pn, pn: ana.pn })
    const answer = hold()
    const asked = complete({ id: ana.lid, pn: null })
    await keys.set(pair)
    answer()
    expect(await asked).toEqual({ id: ana.lid, pn: ana.pn })
    expect(await complete({ id: ana.pn, pn: ana.pn })).toEqual({ id: ana.lid, pn: ana.pn })
    expect(await complete({ id: ana.lid, pn: null })).toEqual({ id: ana.lid, pn: ana.pn })
  })
})

describe('with the real Baileys', () => {
  const logger = collectLogLines()
  let rig: Rig
  beforeEach(async () => {
    rig = await openRig('addresses', logger)
  })
  afterEach(async () => {
    await rig.close()
  })

  test('[B3] [B4] messages, edits, reactions, receipts and copies from the phone show LID and phone number, however they came', async () => {
    const reads: string[] = []
    const database = flaky(rig.database.database, ({ name, args: [sql, values] }) => {
      if (name === 'query' && String(sql).includes('from auth_keys') && Array.isArray(values) && values[1] === 'lid-mapping')
        reads.push(String(values[2]))
      return null
    })
    await rig.start({ database })
    const device = await rig.pair('first')
    const ana = rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })
    const id = await device.send(ana, text('by both'))
    await device.send(ana, text('by the number'), { pnAddressed: true })
    await device.send(ana, edit(ana, 'edited', { messageId: id, author: ana }), { pnAddressed: true })
    await device.send(ana, reaction(ana, '🎉', { messageId: id, author: ana }), { pnAddressed: true })
    const sentId = await device.sendFromPhone(ana, text('from the phone'), { pnAddressed: true })
    // Receipts come by LID alone, and a list by its own address.
    device.receipt({ messageIds: [sentId], from: ana, type: 'read' })
    await device.send(ana, text('to many'), { attrs: { from: '1781870949@broadcast', participant: ana.lidJid } })
    await rig.untilEvents('message.received', 3)
    await rig.untilEvents('message.receipt-updated', 1)
    const readsBefore = reads.length
    for (const pnAddressed of [true, false]) await device.send(ana, text('again'), { pnAddressed })
    await rig.untilEvents('message.received', 5)
    await until('all is acknowledged', () => device.pending().length === 0)

    const shown = { chatId: ana.lidJid, chatPn: ana.pnJid }
    const conversation = (await rig.events()).filter(event => event.type.startsWith('message.'))
    expect(conversation.map(event => event.type)).toHaveLength(9)
    for (const event of conversation) expect(event).toMatchObject(shown)
    const theirs = conversation.filter(event => event.fromMe !== true)
    for (const event of theirs) expect(event).toMatchObject({ senderId: ana.lidJid, senderPn: ana.pnJid })
    const { lidJid, pnJid } = device.owner
    expect(await rig.eventsOf('message.sent')).toMatchObject([{ senderId: lidJid, senderPn: pnJid, fromMe: true }])
    expect(reads.slice(readsBefore)).toEqual([])
  })
})
