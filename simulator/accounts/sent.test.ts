// Guarantee: what becomes of a companion's message is as it was asked for, every stanza is counted, and phones show each id once.
import type { BinaryNode, proto } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { until } from '../../test/ground/until.ts'
import { openPaired, ownerPn, type Paired } from '../pair-test-client.ts'
import type { Contact } from './accounts.ts'
import { edit, reaction, revoke, text } from './content.ts'
import { sealedEdit, secretOf } from './seal-content.ts'
import { newMessageId } from './send-message.ts'

let paired: Paired
let ana: Contact
let acks: BinaryNode['attrs'][]
const protocolErrors: Error[] = []
beforeEach(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue()
  paired = await openPaired()
  ana = paired.simulator.contact({ pn: '5511900000011', name: 'Ana' })
  paired.simulator.on('protocol-error', error => protocolErrors.push(error))
  acks = []
  paired.client.socket().ws.on('CB:ack,class:message', ({ attrs }: BinaryNode) => acks.push(attrs))
})
afterEach(async () => {
  expect(protocolErrors).toEqual([])
  await paired.close()
})

/** Always the same bytes for the same content, under an id of its own choice. */
async function relay(to: string, content: proto.IMessage, messageId = newMessageId()): Promise<string> {
  return paired.client.socket().relayMessage(to, content, { messageId })
}
const acksOf = (id: string) => acks.filter(ack => ack.id === id)
const counted = (id: string) => paired.device.stanzasSent().find(one => one.messageId === id)?.count ?? 0
const shownAs = (id: string) => paired.device.shown().filter(one => one.messageId === id)
/** A later message is through: whatever became of those before it has become of them by now. */
async function settle(): Promise<void> {
  const id = await relay(ana.lidJid, text('depois'))
  await until('the message behind to be shown', () => shownAs(id).length === 1 && acksOf(id).length === 1)
}

it.each([
  ['ack', { acks: [undefined], isShown: true }],
  ['swallow', { acks: [], isShown: false }],
  ['no-ack', { acks: [], isShown: true }],
  ['no-delivery', { acks: [undefined], isShown: false }],
  [{ error: 463 }, { acks: ['463'], isShown: false }],
] as const)('[K1] the next message is answered as it was asked for: %j, and the one behind it is taken', async (fault, then) => {
  const { device } = paired
  device.answerMessages(fault, 1)
  const id = await relay(ana.lidJid, text('oi'))
  await settle()
  expect(acksOf(id).map(({ error }) => error)).toEqual(then.acks)
  expect(shownAs(id).map(({ content }) => content.conversation)).toEqual(then.isShown ? ['oi'] : [])
  expect(counted(id)).toBe(1)
})

it('[K1] a fault without a number of times lasts until another takes its place', async () => {
  const { device } = paired
  device.answerMessages('swallow')
  const ids = [await relay(ana.lidJid, text('um')), await relay(ana.lidJid, text('dois'))]
  await until('both to have come', () => ids.every(id => counted(id) === 1))
  device.answerMessages('ack')
  await settle()
  expect(ids.flatMap(id => [...acksOf(id), ...shownAs(id)])).toEqual([])
})

it('[K1] the same bytes again under the same id are counted, acknowledged and shown once; other bytes are a conflict', async () => {
  const { device } = paired
  device.answerMessages('no-ack', 1)
  const id = await relay(ana.lidJid, text('oi'))
  await relay(ana.lidJid, text('oi'), id)
  await until('the second one to be acknowledged', () => acksOf(id).length === 1)
  expect(counted(id)).toBe(2)
  expect(shownAs(id)).toMatchObject([{ chat: ana.lidJid, content: { conversation: 'oi' } }])
  expect(device.conflicts()).toEqual([])

  await relay(ana.lidJid, text('olá'), id)
  await settle()
  expect(shownAs(id)).toMatchObject([{ content: { conversation: 'oi' } }])
  const conflict = { chat: ana.lidJid, messageId: id, shown: { conversation: 'oi' }, other: { conversation: 'olá' } }
  expect(device.conflicts()).toMatchObject([conflict, conflict]) // Ana's phone has it, and the owner's own
})

it('[K1] ids are counted in the order of their first stanzas, and shown in the order of arrival', async () => {
  const { device, simulator } = paired
  const bruno = simulator.contact({ pn: '5511900000012', name: 'Bruno' })
  device.answerMessages('swallow', 1)
  const first = await relay(ana.lidJid, text('um'))
  const second = await relay(bruno.pnJid, text('dois'))
  await relay(ana.lidJid, text('um'), first)
  await until('all to be acknowledged', () => acks.length === 2)
  await until('both to be shown', () => device.shown().length === 2)
  expect(device.stanzasSent()).toEqual([
    { messageId: first, to: ana.lidJid, count: 2, edits: [null, null] },
    { messageId: second, to: bruno.pnJid, count: 1, edits: [null] },
  ])
  expect(device.shown().map(({ chat, messageId }) => [chat, messageId])).toEqual([
    [bruno.lidJid, second],
    [ana.lidJid, first],
  ])
})

it('[K1] the account’s own phone shows what its companion wrote, in the same chat', async () => {
  const id = await relay(ana.lidJid, text('oi'))
  await settle()
  expect(shownAs(id).map(({ chat, shownTo }) => [chat, shownTo.toSorted()])).toEqual([[ana.lidJid, [ownerPn, ana.pn]]])
})

it('[K1] edits in clear and sealed, and revokes, change what is shown', async () => {
  const { device } = paired
  const { owner } = device
  const messageSecret = secretOf('of this message')
  const [plain, sealed, gone] = [newMessageId(), newMessageId(), newMessageId()]
  for (const id of [plain, sealed, gone]) {
    await relay(ana.lidJid, { ...text('antes'), messageContextInfo: { messageSecret } }, id)
  }
  // What the owner writes names its own message with the chat it is in, as Baileys' clients do.
  const own = (messageId: string) => ({ messageId, author: owner })
  await relay(ana.lidJid, edit(owner, 'em claro', own(plain)))
  await relay(ana.lidJid, sealedEdit(owner, 'selado', own(sealed), { secret: messageSecret, author: 'pn' }))
  await relay(ana.lidJid, revoke(owner, own(gone)))
  await settle()
  expect(shownAs(plain)).toMatchObject([{ content: { conversation: 'em claro' }, isEdited: true, isRevoked: false }])
  expect(shownAs(sealed)).toMatchObject([{ content: { conversation: 'selado' }, isEdited: true }])
  expect(shownAs(gone)).toMatchObject([{ content: {}, isRevoked: true }])
  expect(device.shown()).toHaveLength(4) // the three and the one behind
})

it('[K1] a reaction stands beside, to one’s own and to others’ messages, until it is another or taken away', async () => {
  const { device } = paired
  const theirs = await device.send(ana, text('oi'))
  const to = { messageId: theirs, author: ana }
  await relay(ana.lidJid, reaction(device.owner, '🔄', to))
  await settle()
  expect(device.reactions()).toMatchObject([{ chat: ana.lidJid, targetMessageId: theirs, emoji: '🔄' }])
  const last = await relay(ana.lidJid, reaction(device.owner, '✅', to))
  await settle()
  expect(device.reactions()).toEqual([{ chat: ana.lidJid, targetMessageId: theirs, emoji: '✅', messageId: last }])
  await relay(ana.lidJid, reaction(device.owner, '', to))
  await settle()
  expect(device.reactions()).toEqual([])
})
