// Decrypts what a companion sends, as its recipients' phones would, so that a test can read what was really written.
import { areJidsSameUser, type BinaryNode, isJidGroup, type proto } from '@whiskeysockets/baileys'
import type { Companion, World } from '../accounts/world.ts'
import { attr, bytes, children, findChild } from '../connection/stanza.ts'

/** Null when no simulated recipient has a copy of its own. A copy that does not decrypt is an error. */
export async function readClientMessage(world: World, companion: Companion, stanza: BinaryNode): Promise<proto.IMessage | null> {
  const to = attr(stanza, 'to')
  const copies = await readCopies(world, companion, stanza)
  if (isJidGroup(to)) return readGroup(world, companion, stanza)
  return copies.find(copy => areSamePerson(world, copy.jid, to))?.content ?? null
}

/** Every pairwise copy for a phone (device 0) of somebody we simulate; sender keys in them are kept for the group's ciphertext. */
async function readCopies(world: World, companion: Companion, stanza: BinaryNode) {
  const copies: { jid: string; content: proto.IMessage }[] = []
  for (const { jid, enc } of pairwiseParts(stanza)) {
    const recipient = world.accounts.personOf(jid)
    if (recipient === undefined || /:[1-9]/.test(jid)) continue
    const message = await recipient.peer.decrypt(companion.jid, attr(enc, 'type'), bytes(enc))
    const { groupId, axolotlSenderKeyDistributionMessage: key } = message.senderKeyDistributionMessage ?? {}
    if (groupId && key) await recipient.peer.learnSenderKey(groupId, companion.jid, key)
    copies.push({ jid, content: message.deviceSentMessage?.message ?? message })
  }
  return copies
}

function pairwiseParts(stanza: BinaryNode): { jid: string; enc: BinaryNode }[] {
  const participants = findChild(stanza, 'participants')
  const recipients = participants === undefined ? [] : children(participants, 'to')
  const copies = recipients.flatMap(to => children(to, 'enc').map(enc => ({ jid: attr(to, 'jid'), enc })))
  // a copy sent again for one device only
  const single = children(stanza, 'enc').filter(enc => enc.attrs.type !== 'skmsg')
  return [...copies, ...single.map(enc => ({ jid: stanza.attrs.participant ?? attr(stanza, 'to'), enc }))]
}

async function readGroup(world: World, companion: Companion, stanza: BinaryNode): Promise<proto.IMessage | null> {
  const groupId = attr(stanza, 'to')
  const enc = children(stanza, 'enc').find(part => part.attrs.type === 'skmsg')
  const members = world.accounts.groupById(groupId)?.members ?? []
  const reader = members.map(member => world.accounts.person(member).peer).find(peer => peer.hasSenderKey(groupId, companion.jid))
  if (enc === undefined || reader === undefined) return null
  return reader.decryptGroup(groupId, companion.jid, bytes(enc))
}

function areSamePerson(world: World, one: string, other: string): boolean {
  return areJidsSameUser(one, other) || world.accounts.personOf(one) === world.accounts.personOf(other)
}
