// That somebody is there, writes or records, from its stanza: Baileys' own event calls a pause `available` (lib/Socket/chats.js
// handlePresenceUpdate; whatsmeow presence.go).
import type { BinaryNode } from '@whiskeysockets/baileys'
import { envelopeOf, type OfferOf } from './draft.ts'
import { childrenOf, instantIn } from './notifications/nodes.ts'
import type { Stanza } from './stanza-identity.ts'

/** The stanza has no id, and no time of its own. null: it says nothing that is known. */
export function convertPresence(node: BinaryNode, stanza: Stanza, receivedAt: number): OfferOf<'presence.updated'> | null {
  const state = node.tag === 'presence' ? presenceIn(node) : chatStateIn(node)
  if (state === null || !node.attrs.from) return null
  const origin = { stanza, ordinal: { part: 0, index: 0 }, raw: null, receivedAt }
  return {
    ...envelopeOf('presence.updated', origin),
    ...{ eventId: null, messageId: null, occurredAt: receivedAt, occurredAtSaid: null },
    state,
    lastSeenAt: node.tag === 'presence' ? instantIn(node.attrs.last) : null,
    isGroup: stanza.isGroup,
  }
}

const presenceIn = ({ attrs }: BinaryNode): string => (attrs.type === 'unavailable' ? 'unavailable' : 'available')

const chatStates: ReadonlySet<string> = new Set(['composing', 'paused', 'recording'])

function chatStateIn(node: BinaryNode): string | null {
  const [first] = childrenOf(node)
  if (first === undefined || !chatStates.has(first.tag)) return null
  return first.tag === 'composing' && first.attrs.media === 'audio' ? 'recording' : first.tag
}
