// Guarantee: whom a companion cannot write to is refused by the ack's error, is shown nothing, and everybody else still gets what is theirs.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { until } from '../../test/ground/until.ts'
import type { Contact, Group } from '../accounts/accounts.ts'
import { text } from '../accounts/content.ts'
import { newMessageId } from '../accounts/send-message.ts'
import { openPaired, type Paired } from '../pair-test-client.ts'

let paired: Paired
let ana: Contact
const acks: BinaryNode['attrs'][] = []
beforeAll(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue()
  paired = await openPaired({
    shouldSyncHistoryMessage: () => false,
    // as of a client that has not heard yet that the group is gone
    cachedGroupMetadata: async id => ({ id, owner: undefined, subject: '', participants: [{ id: ana.lidJid }] }),
  })
  ana = paired.simulator.contact({ pn: '5511900000011', name: 'Ana' })
  paired.client.socket().ws.on('CB:ack,class:message', ({ attrs }: BinaryNode) => acks.push(attrs))
})
afterAll(() => paired.close())

/** The error of its ack. */
async function errorOf(to: string, additionalAttributes = {}): Promise<string | undefined> {
  const messageId = newMessageId()
  await paired.client.socket().relayMessage(to, text('oi'), { messageId, additionalAttributes })
  return (await until('its ack', () => acks.find(({ id }) => id === messageId))).error
}
const groupOf = (members: readonly Contact[]): Group => paired.simulator.group({ subject: 'Turma', members })

it('[K1] a number that is not on WhatsApp is said not to be, and a message to it is refused', async () => {
  expect(await paired.client.socket().onWhatsApp('5511900000098')).toEqual([])
  expect(await errorOf('5511900000098@s.whatsapp.net')).toBe('479')
  expect(await errorOf(ana.pnJid)).toBeUndefined()
})

it('[K1] whom the account has blocked cannot be written to until it is not blocked any more', async () => {
  paired.device.setBlocked([ana.lidJid])
  expect(await errorOf(ana.pnJid)).toBe('403')
  paired.device.setBlocked([])
  expect(await errorOf(ana.pnJid)).toBeUndefined()
})

it('[K1] a group that nobody knows, or that the account is not in, refuses its message', async () => {
  expect(await errorOf('120363099999999999@g.us')).toBe('404')
  expect(await errorOf(groupOf([ana]).id)).toBe('403')
  expect(await errorOf(groupOf([ana, paired.device.owner]).id)).toBeUndefined()
})

it('[K1] where only admins write, the account has to be one', async () => {
  const { device } = paired
  const group = groupOf([ana, device.owner])
  device.changeGroup(group, ana, { kind: 'announce', on: true })
  expect(await errorOf(group.id)).toBe('401')
  device.changeGroup(group, ana, { kind: 'announce', on: false })
  expect([await errorOf(group.id, { edit: '8' }), await errorOf(group.id, { edit: '2' })]).toEqual(['401', undefined])
  device.changeGroup(group, ana, { kind: 'restrict', on: true })
  expect(await errorOf(group.id, { edit: '2' })).toBe('401')
  device.changeGroup(group, ana, { kind: 'promote', people: [device.owner] })
  expect(await errorOf(group.id, { edit: '8' })).toBeUndefined()
  // the sender's key went with what was refused: Ana asks for it
  const readByAna = () => device.shown().some(({ chat, shownTo }) => chat === group.id && shownTo.includes(ana.pn))
  await until('Ana to read it', readByAna)
})

it('[K1] what is refused is counted and shown to nobody; what was asked for goes before what the address is', async () => {
  const { device } = paired
  const nobody = '5511900000097@s.whatsapp.net'
  device.answerMessages({ error: 429 }, 1)
  expect([await errorOf(nobody), await errorOf(nobody)]).toEqual(['429', '479'])
  const sent = device.stanzasSent().filter(({ to }) => to === nobody)
  expect(sent.map(({ count }) => count)).toEqual([1, 1])
  const shown = device.shown().map(({ messageId }) => messageId)
  expect(sent.filter(({ messageId }) => shown.includes(messageId))).toEqual([])
})
