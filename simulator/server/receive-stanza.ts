// What the server does with each stanza a client sends: receipts and acks settle the queue, messages are acknowledged, iqs answered.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { answerMediaRetry } from '../accounts/answer-media-retry.ts'
import { hearCall, hearChatState, hearPresence } from '../accounts/marks.ts'
import type { Reference } from '../accounts/queue.ts'
import { resendLetter } from '../accounts/send-message.ts'
import type { Client, Companion, World } from '../accounts/world.ts'
import { attr, child, children, findChild, node } from '../connection/stanza.ts'
import { answerIq } from './answer-iq.ts'
import { receiveMessage } from './receive-message.ts'

/** Offline batches are not paged. */
const ignored = new Set(['ib'])

export async function receiveStanza(world: World, client: Client, stanza: BinaryNode): Promise<void> {
  if (stanza.tag === 'iq') answerIq(world, client, stanza)
  else if (stanza.tag === 'presence') receivePresence(world, client, stanza)
  else if (stanza.tag === 'chatstate') hearChatState(client.companion, stanza)
  else if (!ignored.has(stanza.tag)) await receiveFromCompanion(world, client, stanza)
}

async function receiveFromCompanion(world: World, client: Client, stanza: BinaryNode): Promise<void> {
  const { companion } = client
  // What a client is told before it is linked is not kept for it.
  if (companion === null && client.linkCode !== null && stanza.tag === 'ack') return
  if (companion === null) throw new Error(`receiving <${stanza.tag}>: the client has not logged in`)
  switch (stanza.tag) {
    case 'receipt':
      return receiveReceipt(world, companion, stanza)
    case 'ack':
      return receiveAck(world, companion, stanza)
    case 'message':
      return receiveMessage(world, { client, companion, stanza })
    case 'call':
      hearCall(companion, stanza)
      return client.connection.send(node('ack', { id: attr(stanza, 'id'), class: 'call', from: stanza.attrs.to }))
    default:
      throw new Error(`receiving <${stanza.tag}>: a client does not send this`)
  }
}

/** One without a type only tells the name, also while it is being paired. */
function receivePresence(world: World, { companion }: Client, presence: BinaryNode): void {
  if (companion === null) return
  const { type } = presence.attrs
  hearPresence(companion, presence)
  if (type === 'available' || type === 'unavailable')
    world.announce('presence', { device: world.deviceOf(companion), isOnline: type === 'available' })
}

async function receiveReceipt(world: World, companion: Companion, receipt: BinaryNode): Promise<void> {
  const id = attr(receipt, 'id')
  const { type, to, recipient } = receipt.attrs
  const reference = (messageId: string): Reference => ({ tag: 'message', id: messageId, from: recipient ?? to })
  if (type === 'retry') noteRetry(world, companion, receipt, reference(id))
  else if (type === 'server-error') await answerMediaRetry(world, companion, receipt)
  else {
    const list = findChild(receipt, 'list')
    const others = list === undefined ? [] : children(list, 'item').map(item => attr(item, 'id'))
    for (const messageId of [id, ...others]) settle(world, companion, reference(messageId), `receipt:${type ?? 'delivery'}`)
  }
  companion.client?.connection.send(node('ack', { id, class: 'receipt', from: to, type }))
}

function noteRetry(world: World, companion: Companion, receipt: BinaryNode, reference: Reference): void {
  const entry = companion.queue.find(reference)
  if (entry !== undefined) entry.retryReceipt = receipt
  const settlement = companion.queue.note(reference, `retry:${attr(child(receipt, 'retry'), 'count')}`)
  world.announce('settled', { device: world.deviceOf(companion), settlement })
}

/** A nack after a retry receipt: the sender's phone encrypts the message again, under the same id. */
async function receiveAck(world: World, companion: Companion, ack: BinaryNode): Promise<void> {
  const { to, type, error } = ack.attrs
  const reference = { tag: attr(ack, 'class'), id: attr(ack, 'id'), from: to, type }
  const entry = settle(world, companion, reference, error === undefined ? 'ack' : `nack:${error}`)
  if (entry?.letter && entry.retryReceipt) await resendLetter(companion, entry.letter, entry.retryReceipt)
}

function settle(world: World, companion: Companion, reference: Reference, how: string) {
  const { entry, settlement } = companion.queue.settle(reference, how)
  world.announce('settled', { device: world.deviceOf(companion), settlement })
  return entry
}
