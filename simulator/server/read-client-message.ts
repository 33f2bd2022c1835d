// Decrypts what a companion sends, as its recipients' phones would, so that a test can read what was really written.
import { type BinaryNode, isJidGroup, isJidStatusBroadcast, type proto } from '@whiskeysockets/baileys'
import type { Person } from '../accounts/accounts.ts'
import type { Copy } from '../accounts/phones.ts'
import type { Companion, World } from '../accounts/world.ts'
import { attr, bytes, children, findChild } from '../connection/stanza.ts'

/** What every phone (device 0) of somebody we simulate reads of it. A copy that does not decrypt is an error. */
export async function readClientMessage(world: World, companion: Companion, stanza: BinaryNode): Promise<readonly Copy[]> {
  const pairwise = await readPairwise(world, companion, stanza)
  const toGroup = await readGroup(world, companion, stanza)
  return [...pairwise, ...toGroup]
}

/** Sender keys are kept for the group's ciphertext; a copy that has nothing else is none. */
async function readPairwise(world: World, companion: Companion, stanza: BinaryNode): Promise<readonly Copy[]> {
  const copies: Copy[] = []
  for (const { recipient, enc } of partsForPhones(world, stanza)) {
    const message = await recipient.peer.decrypt(companion.jid, attr(enc, 'type'), bytes(enc))
    const { groupId, axolotlSenderKeyDistributionMessage: key } = message.senderKeyDistributionMessage ?? {}
    if (groupId && key) await recipient.peer.learnSenderKey(groupId, companion.jid, key)
    if (!hasNothingButKey(message)) copies.push(copyOf(world, stanza, recipient, message))
  }
  return copies
}

/** What our own other phone gets says whom it was written to. */
function copyOf(world: World, stanza: BinaryNode, { contact }: Person, message: proto.IMessage): Copy {
  const { destinationJid, message: content } = message.deviceSentMessage ?? {}
  const chat = destinationJid ?? attr(stanza, 'to')
  return { reader: contact, chat: world.accounts.personOf(chat)?.contact.lidJid ?? chat, content: content ?? message }
}

const hasNothingButKey = (message: proto.IMessage): boolean => {
  const parts = Object.keys(message).filter(name => name !== 'messageContextInfo')
  return parts.length === 1 && parts[0] === 'senderKeyDistributionMessage'
}

function partsForPhones(world: World, stanza: BinaryNode): readonly { recipient: Person; enc: BinaryNode }[] {
  return pairwiseParts(stanza).flatMap(({ jid, enc }) => {
    const recipient = /:[1-9]/.test(jid) ? undefined : world.accounts.personOf(jid)
    return recipient === undefined ? [] : [{ recipient, enc }]
  })
}

function pairwiseParts(stanza: BinaryNode): { jid: string; enc: BinaryNode }[] {
  const participants = findChild(stanza, 'participants')
  const recipients = participants === undefined ? [] : children(participants, 'to')
  const copies = recipients.flatMap(to => children(to, 'enc').map(enc => ({ jid: attr(to, 'jid'), enc })))
  // a copy sent again for one device only
  const single = children(stanza, 'enc').filter(enc => enc.attrs.type !== 'skmsg')
  return [...copies, ...single.map(enc => ({ jid: stanza.attrs.participant ?? attr(stanza, 'to'), enc }))]
}

/** Everybody who has the sender's key reads the one ciphertext. */
async function readGroup(world: World, companion: Companion, stanza: BinaryNode): Promise<readonly Copy[]> {
  const chat = attr(stanza, 'to')
  const enc = children(stanza, 'enc').find(part => part.attrs.type === 'skmsg')
  if (enc === undefined) return []
  const readers = readersOf(world, stanza).filter(({ peer }) => peer.hasSenderKey(chat, companion.jid))
  const copies: Copy[] = []
  for (const { contact, peer } of readers)
    copies.push({ reader: contact, chat, content: await peer.decryptGroup(chat, companion.jid, bytes(enc)) })
  return copies
}

/** A status names those who may read it, each time. */
function readersOf(world: World, stanza: BinaryNode): readonly Person[] {
  const to = attr(stanza, 'to')
  if (isJidStatusBroadcast(to)) return [...new Set(partsForPhones(world, stanza).map(({ recipient }) => recipient))]
  const members = isJidGroup(to) ? (world.accounts.groupById(to)?.members ?? []) : []
  return members.map(member => world.accounts.person(member))
}
