// Durable before acknowledged: nothing of a stanza reaches WhatsApp (receipt, ack, nack) before what it says is in the log.
// Encrypted parts are appended inside their ratchet's transaction (gated-repository.ts), everything else before Baileys sees it.
import { type BinaryNode, decodeMessageNode, proto } from '@whiskeysockets/baileys'
import { assertNever } from '../../events/event.ts'
import { describeError, type Logger } from '../../runtime/logger.ts'
import { decodeMessage } from '../convert/convert-message.ts'
import { isBroadcast, isGroup, type OwnAddresses } from '../convert/jid.ts'
import { partKey } from '../convert/stanza-identity.ts'
import type { ProducerMetrics } from '../producer-metrics.ts'
import type { SocketLife } from '../socket/socket-life.ts'
import type { GatedClass } from '../socket/stanza-lane.ts'
import { type AppendedStanzaParts, appendedPartsType } from './appended-stanza-parts.ts'
import type { PartGate } from './gated-repository.ts'
import { type Ingest, nameOf, type Part } from './ingest.ts'

export type AckGate = PartGate & {
  before(stanzaClass: GatedClass, node: BinaryNode): Promise<void>
  after(stanzaClass: GatedClass, node: BinaryNode): Promise<void>
}
type Deps = {
  ingest: Ingest
  parts: AppendedStanzaParts
  life: SocketLife
  own(): OwnAddresses
  logger: Logger
  metrics: ProducerMetrics
}
type Traced = Part & { encryption: string; content: Uint8Array }

/** What Baileys answers with NACK 487 and no retry receipt (MISSING_KEYS_ERROR_TEXT in lib/Utils/decode-wa-message.js). */
const alreadyUsed = 'Key used already or never filled'
const gatedEncryptions: ReadonlySet<string> = new Set(['pkmsg', 'msg', 'skmsg'])

export function createAckGate({ ingest, parts, life, own, logger, metrics }: Deps): AckGate {
  /** By the identity of the ciphertext object: the very one that Baileys hands to its repository. */
  const traced = new WeakMap<Uint8Array, Traced>()
  const accounted = new WeakSet<BinaryNode>()

  const before: AckGate['before'] = async (stanzaClass, node) => {
    switch (stanzaClass) {
      case 'message':
        return beforeMessage(node)
      case 'receipt':
        return ingest.receipt(node)
      case 'notification':
        return ingest.notification(node)
      case 'call':
        return ingest.unknown({ node, part: 0, name: nameOf(node) })
      default:
        return assertNever(stanzaClass)
    }
  }

  async function beforeMessage(node: BinaryNode): Promise<void> {
    if (!isReadable(node)) return append(node, () => ingest.unknown({ node, part: 0, name: 'message: unreadable stanza' }))
    const encoded = partsOf(node)
    if (encoded.length === 0) return append(node, () => ingest.unknown({ node, part: 0, name: 'message: without content' }))
    // Baileys refuses the whole stanza when its first part is of a kind it cannot decrypt.
    const isRefused = encoded[0]?.encryption === 'msmsg'
    for (const { content, encryption, part } of encoded)
      if (gatedEncryptions.has(encryption) && !isRefused) traced.set(content, { node, part, encryption, content })
      else await append(node, () => appendOpen({ node, part, encryption, content }))
  }

  const appendOpen = ({ node, part, encryption, content }: Traced) =>
    encryption === 'plaintext'
      ? ingest.message({ node, part, plaintext: content, isPadded: false })
      : ingest.unknown({ node, part, name: `message: enc ${encryption}` })

  async function append(node: BinaryNode, work: () => Promise<void>): Promise<void> {
    await work()
    accounted.add(node)
  }

  /**
   * What goes wrong here says nothing about the message, and Baileys would answer it with a NACK and a retry receipt: the socket goes
   * first, nothing is committed, and the stanza comes again.
   */
  async function orEnd<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!life.isOver()) {
        logger.warn('stanza.not-taken', { error })
        life.terminate('not-taken')
      }
      throw error
    }
  }

  const takeIn: PartGate['decrypted'] = async ({ ciphertext, plaintext, keep, processSenderKey }) => {
    const part = traced.get(ciphertext)
    if (part === undefined) throw new Error('gating a decrypted part: it belongs to no stanza that came through the gate')
    // A poll's secret, which opens its votes, is in the raw bytes of its event.
    await append(part.node, () => ingest.message({ ...part, plaintext, isPadded: true }))
    const senderKey = senderKeyIn(part, plaintext)
    const refusal = senderKey === null ? null : await processSenderKey(senderKey)
    // The message is whole without it; what the key would open comes again through retry receipts.
    if (refusal !== null) logger.warn('sender-key.refused', { error: describeError(refusal) })
    await keep(appendedPartsType, parts.add(partKey(ingest.read(part.node), part)))
  }

  const failedPart: PartGate['failed'] = async ({ ciphertext, error }) => {
    const part = traced.get(ciphertext)
    // A key store that was given up makes Baileys see "no session": that says nothing about the message.
    if (part === undefined || life.isOver()) return error
    if (await parts.has(partKey(ingest.read(part.node), part))) {
      accounted.add(part.node)
      metrics.redelivered.inc()
      return new Error(alreadyUsed)
    }
    await append(part.node, () => ingest.undecryptable({ ...part, reason: describeError(error) }))
    return error
  }

  /** What Baileys refused for a reason that isReadable does not foresee: its NACK may have left already, but the stanza is in the log. */
  const after: AckGate['after'] = async (stanzaClass, node) => {
    if (stanzaClass !== 'message' || accounted.has(node) || life.isOver()) return
    await append(node, () => ingest.unknown({ node, part: 0, name: 'message: refused before decryption' }))
  }

  /** False for what Baileys throws at outside of decrypting a part, which it answers with a NACK at once. */
  function isReadable(node: BinaryNode): boolean {
    const { pn, lid } = own()
    try {
      decodeMessageNode(node, pn ?? '', lid ?? '')
      for (const certificate of certificatesOf(node)) checkCertificate(certificate)
      return true
    } catch (error) {
      logger.warn('message.unreadable', { error: describeError(error) })
      return false
    }
  }

  return { before, after, decrypted: part => orEnd(() => takeIn(part)), failed: part => orEnd(() => failedPart(part)) }
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

type Encoded = { content: Uint8Array; encryption: string; part: number }

function partsOf(node: BinaryNode): readonly Encoded[] {
  const children = Array.isArray(node.content) ? node.content : []
  return children
    .filter(({ tag }) => tag === 'enc' || tag === 'plaintext')
    .flatMap(({ tag, attrs, content }, part) =>
      content instanceof Uint8Array ? [{ content, part, encryption: tag === 'enc' ? (attrs.type ?? 'none') : tag }] : [],
    )
}

/** Sender keys come with messages to groups and to broadcast lists; elsewhere Baileys takes them in by itself. */
function senderKeyIn({ node, encryption }: Traced, plaintext: Uint8Array) {
  const from = node.attrs.from ?? ''
  if (encryption === 'skmsg' || !(isGroup(from) || isBroadcast(from))) return null
  const item = readable(plaintext)?.senderKeyDistributionMessage
  return item ? { authorJid: node.attrs.participant ?? from, item } : null
}

/** null: bytes that are no message; their event is `unknown`, and Baileys refuses them too. */
function readable(plaintext: Uint8Array): proto.IMessage | null {
  try {
    return decodeMessage(plaintext)
  } catch {
    return null
  }
}
