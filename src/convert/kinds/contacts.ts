// Contacts that were shared, one or several, as vCards.
import type { proto } from '@whiskeysockets/baileys'
import { type Body, textOf } from './body.ts'

export function convertContacts({ contactMessage: one, contactsArrayMessage: several }: proto.IMessage): Body | null {
  const cards = several?.contacts ?? (one ? [one] : null)
  if (cards === null) return null
  const contacts = cards.map(card => ({ displayName: textOf(card.displayName), vcard: card.vcard ?? '' }))
  return { kind: 'contacts', contacts, context: (several ?? one)?.contextInfo }
}
