// Durable before acknowledged: nothing of a stanza reaches WhatsApp (receipt, ack, nack) before what it says is in the log.
// Encrypted stanza parts are appended inside their ratchet's transaction (stanza-part-gate.ts), everything else before Baileys sees it.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { assertNever } from '../../events/event.ts'
import { describeError } from '../../runtime/logger.ts'
import type { StanzaPartGate } from './gated-repository.ts'
import { nameOf } from './ingest.ts'
import { createStanzaPartGate, type GateDeps } from './stanza-part-gate.ts'
import { type EncodedPart, isDecrypted, partsOf, unreadableFor } from './stanza-parts.ts'
import { createTracedStanzas } from './traced-stanzas.ts'

export const gatedClasses = ['message', 'receipt', 'notification', 'call'] as const
export type GatedClass = (typeof gatedClasses)[number]

export type AckGate = StanzaPartGate & {
  before(stanzaClass: GatedClass, node: BinaryNode): Promise<void>
  after(stanzaClass: GatedClass, node: BinaryNode): Promise<void>
}

export function createAckGate(deps: GateDeps): AckGate {
  const { ingest, life, own, logger } = deps
  const stanzas = createTracedStanzas()

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
    const unreadable = unreadableFor(node, own())
    if (unreadable !== null) {
      logger.warn('message.unreadable', { error: describeError(unreadable) })
      return appendWhole(node, 'message: unreadable stanza')
    }
    const parts = partsOf(node)
    if (parts.length === 0) return appendWhole(node, 'message: without content')
    for (const part of parts)
      if (isDecrypted(part, parts[0])) stanzas.trace(part)
      else await stanzas.account(node, () => appendOpen(part))
  }

  const appendOpen = ({ node, part, encryption, content }: EncodedPart) =>
    encryption === 'plaintext'
      ? ingest.message({ node, part, plaintext: content, isPadded: false })
      : ingest.unknown({ node, part, name: `message: enc ${encryption}` })

  const appendWhole = (node: BinaryNode, name: string) => stanzas.account(node, () => ingest.unknown({ node, part: 0, name }))

  /** What Baileys refused for a reason that unreadableFor does not foresee: its NACK may have left already, but the stanza is in the log. */
  const after: AckGate['after'] = async (stanzaClass, node) => {
    if (stanzaClass !== 'message' || stanzas.isAccounted(node) || life.isOver()) return
    await appendWhole(node, 'message: refused before decryption')
  }

  return { before, after, ...createStanzaPartGate(deps, stanzas) }
}
