// What people write to the account, sealed by their own devices and addressed as WhatsApp does; written anew where the account asks for it.
import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import { encodeDeviceSent } from '../../../../simulator/accounts/content.ts'
import type { Ciphertext, KeyBundle } from '../../../../simulator/accounts/peer.ts'
import { bundleIn } from './bundles.ts'
import { baseKeyOf, type Device, lidJid, type Person, pnJid } from './people.ts'
import type { WhatsApp } from './whatsapp.ts'

export type Letter = {
  id: string
  device: Device
  text: string
  group: string | null
  /** The owner's phone writes to; null: somebody writes to the account. */
  recipient: Person | null
  attrs: Readonly<Record<string, string>>
  /** Copies that arrive broken; of a group's the text, not the sender key. */
  broken: number
}
export type Account = {
  /** Of the companion, with its device. */
  pnJid: string
  takeBundle(): KeyBundle
}

/** Sealed; who calls the answer gives it to WhatsApp. */
export function seal(whatsapp: WhatsApp, account: Account, letter: Letter): Promise<() => void> {
  return letter.device.inOrder(async () => {
    const parts = letter.group === null ? [await sealChat(account, letter)] : await sealGroup(account, letter, letter.group)
    const stanza = stanzaOf(letter, parts, letter.broken > 0)
    return () => whatsapp.push(stanza, retry => repost(whatsapp, account, { letter, retry }))
  })
}

/** As WhatsApp addresses what this device writes now. */
export function addressed(device: Device, of: { group: string | null; recipient: Person | null }): Record<string, string> {
  const { person } = device
  const { hasMigrated, pn } = of.recipient ?? person
  const pair = hasMigrated ? { mode: 'lid', who: lidJid(device) } : { mode: 'pn', who: pnJid(device) }
  const common = { addressing_mode: pair.mode }
  const alias = `${pn}@s.whatsapp.net`
  if (of.group !== null)
    return { ...common, from: of.group, participant: pair.who, ...(hasMigrated && { participant_pn: alias }) }
  if (of.recipient === null) return { ...common, from: pair.who, ...(hasMigrated && { sender_pn: alias }) }
  const recipient = hasMigrated ? { recipient: `${of.recipient.lid}@lid`, peer_recipient_pn: alias } : { recipient: alias }
  return { ...common, from: pair.who, ...recipient }
}

const encode = (message: proto.IMessage): Uint8Array => proto.Message.encode(message).finish()

function plaintextOf({ text, recipient, attrs }: Letter, more: proto.IMessage = {}): Uint8Array {
  const message = { conversation: text, ...more }
  return recipient === null ? encode(message) : encodeDeviceSent(attrs.recipient ?? '', message)
}

async function sealChat(account: Account, letter: Letter, more: proto.IMessage = {}): Promise<Ciphertext> {
  return sealPairwise(account, letter.device, plaintextOf(letter, more))
}

async function sealPairwise(account: Account, device: Device, plaintext: Uint8Array): Promise<Ciphertext> {
  if (!device.peer.hasSession(account.pnJid)) await device.peer.startSession(account.pnJid, account.takeBundle())
  const sealed = await device.peer.encrypt(account.pnJid, plaintext)
  if (sealed.type === 'pkmsg') device.sessions.add(baseKeyOf(sealed.bytes))
  return sealed
}

/** The sender key travels in a part of its own, until the account has it. */
async function sealGroup(account: Account, letter: Letter, group: string): Promise<readonly Ciphertext[]> {
  const { device, text } = letter
  const parts: Ciphertext[] = []
  if (!device.senderKeySentTo.has(group)) {
    device.senderKeySentTo.add(group)
    const senderKeyDistributionMessage = await device.peer.distribution(group, nameIn(device))
    parts.push(await sealPairwise(account, device, encode({ senderKeyDistributionMessage })))
  }
  return [...parts, await device.peer.encryptGroup(group, nameIn(device), encode({ conversation: text }))]
}

/** Its own name for its sender key, whatever it is addressed by. */
const nameIn = (device: Device): string => lidJid(device)

/** With the keys of the retry receipt a new session; without them the one there is. In groups between two, with the sender key. */
async function repost(whatsapp: WhatsApp, account: Account, of: { letter: Letter; retry: BinaryNode }): Promise<void> {
  const letter = { ...of.letter, broken: of.letter.broken - 1 }
  const { device, group } = letter
  await device.inOrder(async () => {
    const bundle = bundleIn(of.retry)
    if (bundle !== null) await device.peer.startSession(account.pnJid, bundle)
    const more = group === null ? {} : { senderKeyDistributionMessage: await device.peer.distribution(group, nameIn(device)) }
    const part = await sealChat(account, letter, more)
    whatsapp.push(stanzaOf(letter, [part], letter.broken > 0, '1'), again => repost(whatsapp, account, { letter, retry: again }))
  })
}

function stanzaOf({ id, attrs }: Letter, parts: readonly Ciphertext[], isBroken: boolean, count?: string): BinaryNode {
  return {
    tag: 'message',
    attrs: { id, type: 'text', t: '1700000000', ...attrs },
    content: parts.map(({ type, bytes }, nth) => ({
      tag: 'enc',
      attrs: { v: '2', type, ...(count !== undefined && { count }) },
      content: isBroken && nth === parts.length - 1 ? broken(bytes) : bytes,
    })),
  }
}

/** Twenty bytes before the end lies what is authenticated, and no length or key id. */
function broken(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt8(copy.readUInt8(copy.length - 20) ^ 1, copy.length - 20)
  return copy
}
