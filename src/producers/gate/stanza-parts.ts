// What a message stanza is made of, before anybody decrypts it: its encoded parts, and whether Baileys can read it at all. Pure.
import { type BinaryNode, decodeMessageNode, proto } from '@whiskeysockets/baileys'
import { decodeMessage } from '../../convert/convert-message.ts'
import { isBroadcast, isGroup, type OwnAddresses } from '../../convert/jid.ts'
import { unwrapMessage } from '../../convert/unwrap-message.ts'
import type { StanzaPart } from './ingest.ts'
import type { LookAheadEnd } from './traced-stanzas.ts'

export type EncodedPart = StanzaPart & { encryption: string; content: Uint8Array }

export function partsOf(node: BinaryNode): readonly EncodedPart[] {
  const children = Array.isArray(node.content) ? node.content : []
  return children
    .filter(({ tag }) => tag === 'enc' || tag === 'plaintext')
    .flatMap(({ tag, attrs, content }, part) =>
      content instanceof Uint8Array ? [{ node, content, part, encryption: tag === 'enc' ? (attrs.type ?? 'none') : tag }] : [],
    )
}

const gatedEncryptions: ReadonlySet<string> = new Set(['pkmsg', 'msg', 'skmsg'])

/** Baileys hands this one to its repository, which appends it inside its ratchet's transaction. */
export const isDecrypted = ({ encryption }: EncodedPart, first: EncodedPart | undefined): boolean =>
  // Baileys refuses the whole stanza when its first part is of a kind it cannot decrypt.
  gatedEncryptions.has(encryption) && first?.encryption !== 'msmsg'

/** What Baileys throws at outside of decrypting a part, which it answers with a NACK at once; null: it can be read. */
export function unreadableFor(node: BinaryNode, { pn, lid }: OwnAddresses): unknown {
  try {
    decodeMessageNode(node, pn ?? '', lid ?? '')
    for (const certificate of certificatesOf(node)) checkCertificate(certificate)
    return null
  } catch (error) {
    return error
  }
}

/** Business certificates are decoded where decryptMessageNode of lib/Utils/decode-wa-message.js decodes them. */
const certificatesOf = (node: BinaryNode): readonly Uint8Array[] =>
  (Array.isArray(node.content) ? node.content : []).flatMap(({ tag, content }) =>
    tag === 'verified_name' && content instanceof Uint8Array ? [content] : [],
  )

function checkCertificate(bytes: Uint8Array): void {
  const { details } = proto.VerifiedNameCertificate.decode(bytes)
  if (!details) throw new Error('reading a business certificate: it has no details')
  proto.VerifiedNameCertificate.Details.decode(details)
}

/** Sender keys come with messages to groups and to broadcast lists; elsewhere Baileys takes them in by itself. */
export function senderKeyIn({ node, encryption }: EncodedPart, plaintext: Uint8Array) {
  const from = node.attrs.from ?? ''
  if (encryption === 'skmsg' || !(isGroup(from) || isBroadcast(from))) return null
  const item = readable(plaintext)?.senderKeyDistributionMessage
  return item ? { authorJid: node.attrs.participant ?? from, item } : null
}

const { Type } = proto.Message.ProtocolMessage

/**
 * What the account's own phone says and Baileys answers by writing keys, after it was decrypted (processMessage in lib/Utils/process-message.js):
 * keys of its own, or the addresses, and with them the sessions, of any number of contacts.
 */
export function endOfLookAhead(plaintext: Uint8Array): LookAheadEnd {
  const message = readable(plaintext)
  const type = message === null ? null : unwrapMessage(message).content.protocolMessage?.type
  if (type === Type.LID_MIGRATION_MAPPING_SYNC) return 'everybody'
  return type === Type.APP_STATE_SYNC_KEY_SHARE ? 'sender' : 'nobody'
}

/** null: bytes that are no message; their event is `unknown`, and Baileys refuses them too. */
function readable(plaintext: Uint8Array): proto.IMessage | null {
  try {
    return decodeMessage(plaintext)
  } catch {
    return null
  }
}
