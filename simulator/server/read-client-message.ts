// Decrypts what a companion sends, as its recipients' phones would, so that a test can read what was really written.
import { type BinaryNode, isJidGroup, isJidStatusBroadcast, type proto } from '@whiskeysockets/baileys'
import type { Person } from '../accounts/accounts.ts'
import type { Copy } from '../accounts/phones.ts'
import type { Companion, World } from '../accounts/world.ts'
import { attr, bytes, children, findChild } from '../connection/stanza.ts'

/** `unread`: whose phone has it and cannot read it, because it was asked not to, or lacks the sender's key in the group. */
export type Reading = { copies: readonly Copy[]; unread: readonly Person[] }
type Of = { companion: Companion; stanza: BinaryNode; isBlind(person: Person): boolean }

/** What every phone (device 0) of somebody we simulate reads of it. A copy that does not decrypt is an error. */
export async function readClientMessage(world: World, of: Of): Promise<Reading> {
  const recipients = recipientsOf(world, of.stanza)
  const blind = new Set(recipients.filter(of.isBlind))
  const pairwise = await readPairwise(world, of, blind)
  const inGroup = await readGroup(world, of, blind)
  return { copies: [...pairwise, ...inGroup.copies], unread: [...blind, ...inGroup.unread] }
}

const recipientsOf = (world: World, stanza: BinaryNode): readonly Person[] => [
  ...new Set([...partsForPhones(world, stanza).map(({ recipient }) => recipient), ...groupReaders(world, stanza)]),
]

/** Sender keys are kept for the group's ciphertext; a copy that has nothing else is none. */
async function readPairwise(world: World, { companion, stanza }: Of, blind: Set<Person>): Promise<readonly Copy[]> {
  const copies: Copy[] = []
  for (const { recipient, enc } of partsForPhones(world, stanza)) {
    if (blind.has(recipient)) continue
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
async function readGroup(world: World, { companion, stanza }: Of, blind: Set<Person>): Promise<Reading> {
  const chat = attr(stanza, 'to')
  const enc = groupPart(stanza)
  const copies: Copy[] = []
  const unread: Person[] = []
  if (enc === undefined) return { copies, unread }
  for (const reader of groupReaders(world, stanza).filter(person => !blind.has(person))) {
    if (!reader.peer.hasSenderKey(chat, companion.jid)) unread.push(reader)
    else copies.push({ reader: reader.contact, chat, content: await reader.peer.decryptGroup(chat, companion.jid, bytes(enc)) })
  }
  return { copies, unread }
}

const groupPart = (stanza: BinaryNode) => children(stanza, 'enc').find(part => part.attrs.type === 'skmsg')

/** A status names those who may read it, each time. */
function groupReaders(world: World, stanza: BinaryNode): readonly Person[] {
  const to = attr(stanza, 'to')
  if (groupPart(stanza) === undefined) return []
  if (isJidStatusBroadcast(to)) return [...new Set(partsForPhones(world, stanza).map(({ recipient }) => recipient))]
  const members = isJidGroup(to) ? (world.accounts.groupById(to)?.members ?? []) : []
  return members.map(member => world.accounts.person(member))
}
