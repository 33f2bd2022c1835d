// What recipients' phones answer to a message of a companion: that it came, that it was read, or that they could not read it.
import { type BinaryNode, isJidGroup, isJidStatusBroadcast, isLidUser } from '@whiskeysockets/baileys'
import { attr, node, secondsNow } from '../connection/stanza.ts'
import type { Contact, Person } from './accounts.ts'
import { deliver } from './deliver.ts'
import { keyNodes, registrationNode } from './key-nodes.ts'
import type { Came } from './phones.ts'
import type { Companion } from './world.ts'

/** As phones' clients: then they give up (Baileys, maxMsgRetryCount). */
const maxRetries = 5

/** Each copy is received, and read the first time. The account's own phone tells its companion nothing. */
export function sendReceipts(companion: Companion, stanza: BinaryNode, { reader, came }: { reader: Contact; came: Came }): void {
  const { receipts } = companion.sent
  if (receipts === 'none' || reader.pn === companion.account.owner.contact.pn) return
  const attrs = { id: attr(stanza, 'id'), ...asReader(stanza, reader), t: secondsNow() }
  deliver(companion, node('receipt', attrs))
  if (receipts === 'read' && came !== 'again') deliver(companion, node('receipt', { ...attrs, type: 'read' }))
}

/** From the second time on with keys for a new session, as Baileys' own (Socket/messages-recv.js, sendRetryRequest). */
export function askAgain(companion: Companion, stanza: BinaryNode, { contact, peer }: Person): void {
  const id = attr(stanza, 'id')
  const asked = `${contact.pn} ${id}`
  const count = (companion.sent.retries.get(asked) ?? 0) + 1
  if (count > maxRetries) return
  companion.sent.retries.set(asked, count)
  const retry = node('retry', { count: String(count), id, t: secondsNow(), v: '1' })
  const bundle = peer.bundle()
  const keys = count > 1 ? [node('keys', {}, keyNodes(bundle))] : []
  const isOwn = contact.pn === companion.account.owner.contact.pn
  const recipient = isOwn ? (stanza.attrs.recipient ?? attr(stanza, 'to')) : undefined
  const attrs = { id, ...asReader(stanza, contact), recipient, type: 'retry', t: secondsNow() }
  deliver(companion, node('receipt', attrs, [retry, registrationNode(bundle.registrationId), ...keys]))
}

/** A phone answers from the kind of address that it was written to; in groups, and of a status, beside it. */
function asReader(stanza: BinaryNode, { lidJid, pnJid }: Contact): { from: string; participant?: string } {
  const to = attr(stanza, 'to')
  if (isJidGroup(to) || isJidStatusBroadcast(to)) return { from: to, participant: lidJid }
  return { from: isLidUser(to) ? lidJid : pnJid }
}

/** Whether that phone cannot read this copy; counts it. */
export function takeUnreadable({ sent: { unreadable } }: Companion, { pn }: Contact): boolean {
  const left = unreadable.get(pn) ?? 0
  if (left > 1) unreadable.set(pn, left - 1)
  else unreadable.delete(pn)
  return left > 0
}
