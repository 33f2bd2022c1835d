// Who is in a group, or was: both addresses as far as the stanza says them (parseParticipantList in whatsmeow group.go).
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { EventOf } from '../../events/event.ts'
import { type Address, pairOf } from '../stanza-identity.ts'
import { childrenOf } from './nodes.ts'
import type { Notification } from './said.ts'

export type GroupPerson = EventOf<'group.participants-changed'>['participants'][number]

/** null: it has no address. */
export function personIn({ attrs }: BinaryNode): GroupPerson | null {
  if (!attrs.jid) return null
  const { id, pn } = addressIn(attrs)
  return { id, pn, role: attrs.type || null }
}

export const addressIn = (attrs: BinaryNode['attrs']): Address =>
  pairOf(attrs.jid ?? '', [attrs.lid, attrs.participant_lid], [attrs.phone_number, attrs.participant_pn])

/** Of all its children with one of these tags and an address. */
export const peopleIn = (node: BinaryNode, ...tags: readonly string[]): readonly GroupPerson[] =>
  childrenOf(node)
    .filter(({ tag }) => tags.includes(tag))
    .flatMap(child => personIn(child) ?? [])

/** Nobody where the notification names none: its sender is then the group itself. */
export const authorOf = ({ node, origin: { stanza } }: Notification) =>
  node.attrs.participant ? { authorId: stanza.sender.id, authorPn: stanza.sender.pn } : { authorId: null, authorPn: null }
