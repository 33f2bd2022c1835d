// Durable before acknowledged: nothing of a stanza reaches WhatsApp (receipt, ack, nack) before what it says is in the log. Here the appends
// of a stanza are begun, in arrival order; of encrypted parts that happens when they are decrypted (stanza-part-gate.ts).
import type { BinaryNode } from '@whiskeysockets/baileys'
import { assertNever } from '../../events/event.ts'
import { describeError } from '../../runtime/logger.ts'
import type { Begun } from './begun.ts'
import { endByKind } from './look-ahead.ts'
import { createStanzaPartGate, type GateDeps } from './stanza-part-gate.ts'
import { type EncodedPart, isDecrypted, partsOf, unreadableFor } from './stanza-parts.ts'
import type { StanzaPartGate } from './take-part.ts'
import { createTracedStanzas, type LookAheadEnd } from './traced-stanzas.ts'
import { isWithheld } from './withheld.ts'

export const gatedClasses = ['message', 'receipt', 'notification', 'call'] as const
export type GatedClass = (typeof gatedClasses)[number]

export type AckGate = StanzaPartGate & {
  /** Begins the append of whatever of it is not encrypted. `to-decrypt`: what is left is encrypted, and begun when it is decrypted. */
  begin(stanzaClass: GatedClass, node: BinaryNode): Promise<'begun' | 'to-decrypt'>
  /** What could be decrypted of a message was: where nothing of it is on its way into the log, it goes there whole. */
  beginRest(node: BinaryNode): Promise<void>
  /** All that was begun of it, and for whom the look-ahead ends with it. */
  taken(node: BinaryNode): Begun & { end: LookAheadEnd }
}

export function createAckGate(deps: GateDeps): AckGate {
  const { ingest, life, own, logger } = deps
  const stanzas = createTracedStanzas()

  const begin: AckGate['begin'] = async (stanzaClass, node) => {
    if (stanzaClass === 'message') return beginMessage(node)
    stanzas.begun(node, await beginOpen(stanzaClass, node))
    stanzas.endLookAhead(node, endByKind(node))
    return 'begun'
  }

  async function beginOpen(stanzaClass: Exclude<GatedClass, 'message'>, node: BinaryNode): Promise<Begun> {
    switch (stanzaClass) {
      case 'receipt':
        return ingest.receipt(node)
      case 'notification':
        return ingest.notification(node)
      case 'call':
        return ingest.call(node)
      default:
        return assertNever(stanzaClass)
    }
  }

  async function beginMessage(node: BinaryNode): Promise<'begun' | 'to-decrypt'> {
    const unreadable = unreadableFor(node, own())
    if (unreadable !== null) {
      logger.warn('message.unreadable', { error: describeError(unreadable) })
      await beginWhole(node, 'message: unreadable stanza')
      return 'begun'
    }
    const parts = partsOf(node)
    if (isWithheld(node)) stanzas.begun(node, await ingest.withheld(node))
    else if (parts.length === 0) await beginWhole(node, 'message: without content')
    for (const part of parts)
      if (isDecrypted(part, parts[0])) stanzas.trace(part)
      else stanzas.begun(node, await beginPart(part))
    // Baileys refuses these whole, before it looks at anything of them.
    return parts[0]?.encryption === 'msmsg' ? 'begun' : 'to-decrypt'
  }

  const beginPart = ({ node, part, encryption, content }: EncodedPart): Promise<Begun> =>
    encryption === 'plaintext'
      ? ingest.message({ node, part, plaintext: content, isPadded: false })
      : ingest.unknown({ node, part, name: `message: enc ${encryption}` })

  async function beginWhole(node: BinaryNode, name: string): Promise<void> {
    stanzas.begun(node, await ingest.unknown({ node, part: 0, name }))
  }

  /** What Baileys will refuse for a reason that unreadableFor does not foresee. */
  const beginRest: AckGate['beginRest'] = async node => {
    if (!stanzas.isAccounted(node) && !life.isOver()) await beginWhole(node, 'message: refused before decryption')
  }

  return {
    begin,
    beginRest,
    taken: node => ({ ...stanzas.allOf(node), end: stanzas.lookAheadEnd(node) }),
    ...createStanzaPartGate(deps, stanzas),
  }
}
