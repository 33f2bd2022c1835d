// Encrypts messages for one companion as the sender's phone would, and queues them in the order of the calls.
import { randomUUID } from 'node:crypto'
import type { BinaryNode, proto } from '@whiskeysockets/baileys'
import { attr, bytes, child, findChild, node, uint } from '../connection/stanza.ts'
import { type Contact, type Group, type Person, takeBundle } from './accounts.ts'
import { encodeContent, encodeDeviceSent, type MessageContent, stanzaAttrs } from './content.ts'
import { deliver } from './deliver.ts'
import { dropOldest } from './drop-oldest.ts'
import { refusalIn } from './group-authority.ts'
import type { Ciphertext, KeyBundle } from './peer.ts'
import { asPhonesSend, type PhoneHabits } from './seal-content.ts'
import type { Companion, World } from './world.ts'

export type SendOptions = PhoneHabits & {
  /** [3EB0 and 18 hex digits] */
  id?: string
  /** [now]; WhatsApp keeps whole seconds. */
  timestampMs?: number
  /** From the phone number instead of the LID, without naming the LID. */
  pnAddressed?: boolean
  /** Added to the stanza's attributes. */
  attrs?: Readonly<Record<string, string>>
  /** Breaks the ciphertext of the first copy, or of every copy. */
  corrupt?: 'first' | 'always'
}
/** A message as its sender remembers it, to encrypt it again when asked. */
export type Letter = {
  sender: Person
  plaintext: Uint8Array
  attrs: Record<string, string> & { id: string }
  mediaType: string | undefined
  groupId: string | null
  corrupt: 'first' | 'always' | undefined
}
type Outgoing = {
  sender: Person
  content: MessageContent
  options: SendOptions
  groupId: string | null
  encode?: typeof encodeContent
}

export const maxRememberedContents = 10_000

export function newMessageId(): string {
  // a UUID's digits, because Node draws those from a pool
  return `3EB0${randomUUID().replaceAll('-', '').slice(0, 18).toUpperCase()}`
}

type ChatMessage = { from: Contact; content: MessageContent; options: SendOptions }

export function sendChat(world: World, companion: Companion, { from, content, options }: ChatMessage): Promise<string> {
  const sender = world.accounts.person(from)
  return queueLetter(companion, { sender, content, options, groupId: null }, addressOf(from, options))
}

export const addressOf = (from: Contact, { pnAddressed }: SendOptions): Record<string, string> =>
  pnAddressed ? { from: from.pnJid } : { from: from.lidJid, sender_pn: from.pnJid, addressing_mode: 'lid' }

/** What its server lets only others do in a group. */
export class GroupRefusal extends Error {
  override name = 'GroupRefusal'
}

/** Rejects with GroupRefusal what the server refuses; a forged revoke says `attrs: { edit: '7' }`. */
export function sendGroup(world: World, companion: Companion, message: ChatMessage & { group: Group }): Promise<string> {
  const { group, from, content, options } = message
  const { edit } = { ...stanzaAttrs(content), ...options.attrs }
  const refusal = refusalIn(world.accounts.groupById(group.id) ?? group, from, edit)
  if (refusal !== null) return Promise.reject(new GroupRefusal(`sending to ${group.id} as ${from.name}: ${refusal}`))
  const sender = world.accounts.person(from)
  return queueLetter(companion, { sender, content, options, groupId: group.id }, addressIn(group, from, options))
}

export const addressIn = (group: Group, from: Contact, { pnAddressed }: SendOptions): Record<string, string> => ({
  from: group.id,
  ...(pnAddressed
    ? { participant: from.pnJid, addressing_mode: 'pn' }
    : { participant: from.lidJid, participant_pn: from.pnJid, addressing_mode: 'lid' }),
})

type PhoneMessage = { to: Contact | Group; content: MessageContent; options: SendOptions }

/** The owner's phone sends its companions a copy: in a chat wrapped as deviceSentMessage and addressed to the recipient. */
export function sendFromPhone(world: World, companion: Companion, { to, content, options }: PhoneMessage): Promise<string> {
  const sender = companion.account.owner
  if ('members' in to) return sendGroup(world, companion, { group: to, from: sender.contact, content, options })
  const addressed = options.pnAddressed
    ? { from: sender.contact.pnJid, recipient: to.pnJid }
    : { from: sender.contact.lidJid, recipient: to.lidJid, peer_recipient_pn: to.pnJid, addressing_mode: 'lid' }
  const encode = (written: MessageContent) => encodeDeviceSent(addressed.recipient, written)
  return queueLetter(companion, { sender, content, options, groupId: null, encode }, addressed)
}

/** What the owner's phone tells its companion only: history, keys. */
export function sendPeer(companion: Companion, content: proto.IMessage, id = newMessageId()): Promise<string> {
  const sender = companion.account.owner
  const outgoing = { sender, content, options: { id }, groupId: null }
  return queueLetter(companion, outgoing, { from: sender.contact.pnJid, category: 'peer' })
}

/** Sealed, and not queued: whoever pushes these in the order of the calls sends what sendChat would, or sendGroup. */
export function sealMessage(
  world: World,
  companion: Companion,
  { group, from, content, options }: ChatMessage & { group: Group | null },
): Promise<BinaryNode> {
  const sender = world.accounts.person(from)
  const addressed = group === null ? addressOf(from, options) : addressIn(group, from, options)
  const letter = writeLetter(companion, { sender, content, options, groupId: group?.id ?? null }, addressed)
  return companion.inOrder(() => seal(companion, letter))
}

function queueLetter(companion: Companion, outgoing: Outgoing, addressed: Record<string, string>): Promise<string> {
  const letter = writeLetter(companion, outgoing, addressed)
  return companion.inOrder(async () => {
    deliver(companion, await seal(companion, letter), letter)
    return letter.attrs.id
  })
}

function writeLetter(companion: Companion, outgoing: Outgoing, addressed: Record<string, string>): Letter {
  const { sender, content, options, groupId } = outgoing
  const id = options.id ?? newMessageId()
  const { mediaType, ...kind } = stanzaAttrs(content)
  const seconds = String(Math.floor((options.timestampMs ?? Date.now()) / 1000))
  const attrs = { id, ...addressed, ...kind, t: seconds, notify: sender.contact.name, ...options.attrs }
  const written = asPhonesSend(content, { by: sender.contact, id, habits: options })
  const plaintext = (outgoing.encode ?? encodeContent)(written)
  rememberContent(companion, id, content)
  return { sender, plaintext, attrs, mediaType, groupId, corrupt: options.corrupt }
}

/** For media the phone may be asked to upload again. */
export function rememberContent({ contents }: Companion, id: string, content: MessageContent): void {
  if ('protobuf' in content || content.conversation) return
  contents.set(id, content)
  dropOldest(contents, maxRememberedContents)
}

async function seal(companion: Companion, letter: Letter): Promise<BinaryNode> {
  const parts =
    letter.groupId === null
      ? [await sealPairwise(companion, letter.sender, letter.plaintext)]
      : await sealGroup(companion, letter, letter.groupId)
  return letterStanza(letter, parts, letter.corrupt !== undefined, undefined)
}

async function sealPairwise(companion: Companion, { peer }: Person, plaintext: Uint8Array): Promise<Ciphertext> {
  if (!peer.hasSession(companion.jid)) await peer.startSession(companion.jid, takeBundle(companion))
  return peer.encrypt(companion.jid, plaintext)
}

/** The sender key travels once per companion, in a part of its own. */
async function sealGroup(companion: Companion, { sender, plaintext }: Letter, groupId: string): Promise<Ciphertext[]> {
  const selfJid = sender.contact.lidJid
  const recipient = `${groupId} ${companion.jid}`
  const parts: Ciphertext[] = []
  if (!sender.senderKeySentTo.has(recipient)) {
    sender.senderKeySentTo.add(recipient)
    const senderKeyDistributionMessage = await sender.peer.distribution(groupId, selfJid)
    parts.push(await sealPairwise(companion, sender, encodeContent({ senderKeyDistributionMessage })))
  }
  return [...parts, await sender.peer.encryptGroup(groupId, selfJid, plaintext)]
}

function letterStanza(
  letter: Letter,
  parts: readonly Ciphertext[],
  isCorrupt: boolean,
  retryCount: string | undefined,
): BinaryNode {
  const encs = parts.map(({ type, bytes: ciphertext }) =>
    node('enc', { v: '2', type, count: retryCount, mediatype: letter.mediaType }, isCorrupt ? corrupted(ciphertext) : ciphertext),
  )
  return node('message', letter.attrs, encs)
}

/** A retry receipt is honoured with a new session (from the keys in it, else from the server) and the same id; in groups pairwise. */
export function resendLetter(companion: Companion, letter: Letter, retryReceipt: BinaryNode): Promise<void> {
  return companion.inOrder(async () => {
    const { sender, groupId, plaintext } = letter
    await sender.peer.startSession(companion.jid, bundleIn(retryReceipt) ?? takeBundle(companion))
    const senderKey =
      groupId === null ? {} : { senderKeyDistributionMessage: await sender.peer.distribution(groupId, sender.contact.lidJid) }
    const copy = await sealPairwise(companion, sender, Buffer.concat([plaintext, encodeContent(senderKey)]))
    const count = attr(child(retryReceipt, 'retry'), 'count')
    deliver(companion, letterStanza(letter, [copy], letter.corrupt === 'always', count), letter)
  })
}

function bundleIn(retryReceipt: BinaryNode): KeyBundle | null {
  const keys = findChild(retryReceipt, 'keys')
  if (keys === undefined) return null
  const signed = child(keys, 'skey')
  const preKey = findChild(keys, 'key')
  return {
    registrationId: uint(child(retryReceipt, 'registration')),
    identity: bytes(child(keys, 'identity')),
    signedPreKey: {
      keyId: uint(child(signed, 'id')),
      publicKey: bytes(child(signed, 'value')),
      signature: bytes(child(signed, 'signature')),
    },
    preKey: preKey === undefined ? null : { keyId: uint(child(preKey, 'id')), publicKey: bytes(child(preKey, 'value')) },
  }
}

/** Twenty bytes before the end lie ciphertext (pkmsg, msg) or signature (skmsg): what is authenticated, and no length or key id. */
function corrupted(ciphertext: Buffer): Buffer {
  const broken = Buffer.from(ciphertext)
  const at = broken.length - 20
  broken.writeUInt8(broken.readUInt8(at) ^ 1, at)
  return broken
}
