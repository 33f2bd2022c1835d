// Guarantee: recipients' phones answer a companion as they are asked to, those that cannot read a message get it again, and groups read what is theirs.
import type { BinaryNode, proto } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { until } from '../../test/ground/until.ts'
import { openPaired, ownerPn, type Paired } from '../pair-test-client.ts'
import type { Contact } from './accounts.ts'
import { text } from './content.ts'
import { newMessageId } from './send-message.ts'

let paired: Paired
let ana: Contact
let bruno: Contact
/** What getMessage answers, and what it was asked for. */
let written: Map<string, proto.IMessage>
let asked: string[]
let receipts: BinaryNode[]
const protocolErrors: Error[] = []
beforeEach(async () => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue()
  ;[written, asked, receipts] = [new Map(), [], []]
  paired = await openPaired({
    shouldSyncHistoryMessage: () => false,
    enableRecentMessageCache: false,
    getMessage: async ({ id }) => {
      asked.push(id ?? '')
      return written.get(id ?? '')
    },
  })
  ana = paired.simulator.contact({ pn: '5511900000011', name: 'Ana' })
  bruno = paired.simulator.contact({ pn: '5511900000012', name: 'Bruno' })
  paired.simulator.on('protocol-error', error => protocolErrors.push(error))
  paired.client.socket().ws.on('CB:receipt', (receipt: BinaryNode) => receipts.push(receipt))
})
afterEach(async () => {
  expect(protocolErrors).toEqual([])
  await paired.close()
})

async function relay(to: string, content: proto.IMessage): Promise<string> {
  const messageId = newMessageId()
  written.set(messageId, content)
  return paired.client.socket().relayMessage(to, content, { messageId })
}
const shownTo = (id: string) => (paired.device.shown().find(one => one.messageId === id)?.shownTo ?? []).toSorted()
const untilShownTo = (id: string, people: readonly string[]) =>
  until(`${id} to be shown to ${people}`, () => JSON.stringify(shownTo(id)) === JSON.stringify([...people].toSorted()))
const counted = (id: string) => paired.device.stanzasSent().find(one => one.messageId === id)?.count
const kindsOf = (id: string) => receipts.filter(({ attrs }) => attrs.id === id).map(({ attrs }) => attrs.type ?? 'delivered')

it.each([
  ['none', []],
  ['delivered', ['delivered']],
  ['read', ['delivered', 'read']],
] as const)('[K1] a recipient’s phone tells what it was asked to tell: %s', async (told, kinds) => {
  paired.device.receipts(told)
  const id = await relay(ana.pnJid, text('oi'))
  await untilShownTo(id, [ana.pn, ownerPn])
  const behind = await paired.device.send(ana, text('depois'))
  await until('what is behind the receipts to be settled', () => !paired.device.pending().includes(behind))
  expect(kindsOf(id)).toEqual(kinds)
  expect(receipts.map(({ attrs }) => attrs.from)).toEqual(kinds.map(() => ana.pnJid))
})

it('[K1] in a group each member tells for itself', async () => {
  const { device, simulator } = paired
  const group = simulator.group({ subject: 'Turma', members: [ana, bruno, device.owner] })
  device.receipts('delivered')
  const id = await relay(group.id, text('oi'))
  await until('both receipts', () => kindsOf(id).length === 2)
  expect(receipts.map(({ attrs }) => [attrs.from, attrs.participant])).toEqual([
    [group.id, ana.lidJid],
    [group.id, bruno.lidJid],
  ])
})

it.each([1, 2])(
  '[K1] a phone that cannot read a message %d times asks as often, is sent it again, and shows it once',
  async times => {
    const { device } = paired
    device.failToRead(ana, times)
    const id = await relay(ana.lidJid, text('oi'))
    await untilShownTo(id, [ana.pn, ownerPn])
    expect(counted(id)).toBe(times + 1)
    expect(asked).toEqual(Array.from({ length: times }, () => id))
    const retries = receipts.filter(({ attrs }) => attrs.type === 'retry')
    const partsOf = ({ content }: BinaryNode) => (Array.isArray(content) ? content.map(({ tag }) => tag) : [])
    expect(retries.map(partsOf)).toEqual(
      [
        ['retry', 'registration'],
        ['retry', 'registration', 'keys'],
      ].slice(0, times),
    )
    expect(device.conflicts()).toEqual([])
    const later = await relay(ana.lidJid, text('depois'))
    await untilShownTo(later, [ana.pn, ownerPn])
    expect(counted(later)).toBe(1)
  },
)

it('[K1] the account’s own phone that cannot read its copy is sent it again, in the chat it was written in', async () => {
  const { device } = paired
  device.failToRead(device.owner)
  const id = await relay(ana.lidJid, text('oi'))
  await untilShownTo(id, [ana.pn, ownerPn])
  expect(device.shown()).toMatchObject([{ chat: ana.lidJid, content: { conversation: 'oi' } }])
  expect(asked).toEqual([id])
})

it('[K1] every member of a group reads with the sender’s key, also after it was given out anew', async () => {
  const { device, simulator } = paired
  const group = simulator.group({ subject: 'Turma', members: [ana, bruno, device.owner] })
  const everybody = [ana.pn, bruno.pn, ownerPn]
  for (const body of ['um', 'dois']) await untilShownTo(await relay(group.id, text(body)), everybody)
  device.failToRead(bruno)
  const third = await relay(group.id, text('três'))
  await untilShownTo(third, everybody)
  expect([counted(third), device.conflicts()]).toEqual([2, []])
  await untilShownTo(await relay(group.id, text('quatro')), everybody)
  expect(device.shown().map(({ chat, content }) => [chat, content.conversation])).toEqual(
    ['um', 'dois', 'três', 'quatro'].map(body => [group.id, body]),
  )
})

it('[K1] where the message with the sender’s key was lost, the members ask for the next one and read it', async () => {
  const { device, simulator } = paired
  const group = simulator.group({ subject: 'Turma', members: [ana, device.owner] })
  device.answerMessages('swallow', 1)
  const lost = await relay(group.id, text('com a chave'))
  const next = await relay(group.id, text('sem a chave'))
  await untilShownTo(next, [ana.pn, ownerPn])
  expect(shownTo(lost)).toEqual([])
  expect(asked).toContain(next)
})

it('[K1] a status is read by whom it is for', async () => {
  const { device, client } = paired
  const messageId = newMessageId()
  await client.socket().relayMessage('status@broadcast', text('hoje'), { messageId, statusJidList: [ana.lidJid] })
  await untilShownTo(messageId, [ana.pn])
  expect(device.shown()).toMatchObject([{ chat: 'status@broadcast', content: { conversation: 'hoje' } }])
})
