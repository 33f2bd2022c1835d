// What the server and the phones do with a message of a companion: it is counted, acknowledged or refused, read by whom it is for, and shown.
import type { BinaryNode, proto } from '@whiskeysockets/baileys'
import type { Person } from '../accounts/accounts.ts'
import { askAgain, sendReceipts, takeUnreadable } from '../accounts/answer-copies.ts'
import { answerHistoryRequest } from '../accounts/history/answer-history-request.ts'
import type { Came, Copy } from '../accounts/phones.ts'
import { countStanza, type MessageFault, takeFault } from '../accounts/sent.ts'
import { answerPlaceholderRequest } from '../accounts/withhold.ts'
import type { Client, Companion, World } from '../accounts/world.ts'
import { attr, node, secondsNow } from '../connection/stanza.ts'
import { readClientMessage } from './read-client-message.ts'
import { refusalOf } from './refuse-address.ts'

type Of = { client: Client; companion: Companion; stanza: BinaryNode }

/** The phones show it before it is acknowledged: who waits for the ack may look at once. */
export async function receiveMessage(world: World, of: Of): Promise<void> {
  const { stanza, companion } = of
  world.announce('client-stanza', { device: world.deviceOf(companion), messageId: attr(stanza, 'id'), to: attr(stanza, 'to') })
  if (!isForOwnPhone(of.stanza)) countStanza(of.companion.sent, of.stanza)
  const verdict = verdictOn(world, of)
  const read = verdict.isDelivered ? deliverToPhones(world, of) : Promise.resolve(null)
  const acknowledged = verdict.isAcknowledged ? () => acknowledge(of, verdict.error) : undefined
  const delivered = await read.finally(acknowledged)
  if (delivered !== null) await letPhonesAnswer(world, of, delivered)
}

/** What it asks its own phone for: nobody writes that, and no fault is for it. */
const isForOwnPhone = ({ attrs }: BinaryNode): boolean => attrs.category === 'peer'

type Verdict = { isAcknowledged: boolean; isDelivered: boolean; error?: number }

/** What it was told to do with the next ones goes before what the address is. */
function verdictOn(world: World, { companion, stanza }: Of): Verdict {
  if (companion.messageRefusal !== null) return refused(companion.messageRefusal)
  if (isForOwnPhone(stanza)) return verdictOf('ack')
  const fault = takeFault(companion.sent)
  const refusal = fault === 'ack' ? refusalOf(world, companion, stanza) : null
  return refusal === null ? verdictOf(fault) : refused(refusal)
}

const refused = (error: number): Verdict => ({ isAcknowledged: true, isDelivered: false, error })

function verdictOf(fault: MessageFault): Verdict {
  switch (fault) {
    case 'ack':
      return { isAcknowledged: true, isDelivered: true }
    case 'swallow':
      return { isAcknowledged: false, isDelivered: false }
    case 'no-ack':
      return { isAcknowledged: false, isDelivered: true }
    case 'no-delivery':
      return { isAcknowledged: true, isDelivered: false }
    default:
      return refused(fault.error)
  }
}

/** On the connection that it came by. */
function acknowledge({ client, stanza }: Of, error: number | undefined): void {
  const attrs = { id: attr(stanza, 'id'), class: 'message', from: attr(stanza, 'to'), t: secondsNow() }
  client.connection.send(node('ack', { ...attrs, error: error === undefined ? undefined : String(error) }))
}

type Delivered = { shown: readonly { copy: Copy; came: Came }[]; unread: readonly Person[]; content: proto.IMessage | null }

/** `content`: what whom it is addressed to reads. */
async function deliverToPhones(world: World, { companion, stanza }: Of): Promise<Delivered> {
  const isPeer = isForOwnPhone(stanza)
  const isBlind = ({ contact }: Person) => !isPeer && takeUnreadable(companion, contact)
  const { copies, unread } = await readClientMessage(world, { companion, stanza, isBlind })
  const { sent, account } = companion
  const show = (copy: Copy) => ({ copy, came: sent.phones.read(attr(stanza, 'id'), copy, account.owner.contact) })
  const recipient = world.accounts.personOf(attr(stanza, 'to'))?.contact.pn
  const content = copies.find(({ reader }) => recipient === undefined || reader.pn === recipient)?.content ?? null
  return { shown: isPeer ? [] : copies.map(show), unread, content }
}

async function letPhonesAnswer(world: World, { companion, stanza }: Of, { shown, unread, content }: Delivered): Promise<void> {
  const [messageId, to, device] = [attr(stanza, 'id'), attr(stanza, 'to'), world.deviceOf(companion)]
  for (const { copy, came } of shown) {
    if (came === 'first') tellShown(world, { companion, messageId, copy })
    sendReceipts(companion, stanza, { reader: copy.reader, came })
  }
  for (const person of unread) askAgain(companion, stanza, person)
  world.announce('client-message', { device, messageId, to, content, stanza })
  await answerPlaceholderRequest(companion, stanza, content)
  await answerHistoryRequest(world, companion, stanza, content)
}

type First = { companion: Companion; messageId: string; copy: Copy }

function tellShown(world: World, { companion, messageId, copy: { chat, content } }: First): void {
  const { accounts } = world
  const chatName = accounts.personOf(chat)?.contact.name ?? accounts.groupById(chat)?.subject ?? chat
  const change = companion.sent.phones.changeIn(chat, content, companion.account.owner.contact)
  world.announce('shown', { device: world.deviceOf(companion), messageId, chat, chatName, content, change })
}
