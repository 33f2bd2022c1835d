// Says when a contact's push name or pair of addresses differs from what this process last appended about it.
import { createLru } from '../runtime/lru.ts'
import type { OfferOf } from './draft.ts'
import { isLid, isPn } from './jid.ts'
import { whenOf } from './occurred-at.ts'
import type { Address, Stanza } from './stanza-identity.ts'

export type ContactNames = {
  /** `sender` as far as it is known. null: nothing new. */
  changed(stanza: Stanza, sender: Address, receivedAt: number): OfferOf<'contact.updated'> | null
  /** Its append has begun. */
  remember(draft: OfferOf<'contact.updated'>): void
  /** Its append was given up: it is told again. */
  forget(draft: OfferOf<'contact.updated'>): void
}

export function createContactNames(options: { maxContacts: number }): ContactNames {
  const known = createLru<string>(options.maxContacts)
  return {
    changed: (stanza, sender, receivedAt) => {
      const { fromMe, senderName } = stanza
      const isPerson = isLid(sender.id) || isPn(sender.id)
      const isPair = isLid(sender.id) && sender.pn !== null
      if (fromMe || !isPerson || (senderName === null && !isPair)) return null
      const draft: OfferOf<'contact.updated'> = {
        eventId: null,
        type: 'contact.updated',
        instanceId: stanza.instanceId,
        ...whenOf(stanza.saidAt, receivedAt),
        senderId: sender.id,
        senderPn: sender.pn,
        contactId: sender.id,
        contactPn: sender.pn,
        contactLid: isLid(sender.id) ? sender.id : null,
        pushName: senderName,
        // Whoever writes only in chats that are ignored is not known either.
        chats: [stanza.chat.id],
      }
      return known.get(draft.contactId) === fingerprint(draft) ? null : draft
    },
    remember: draft => known.set(draft.contactId, fingerprint(draft)),
    forget: draft => known.delete(draft.contactId),
  }
}

const fingerprint = (draft: OfferOf<'contact.updated'>): string => JSON.stringify([draft.contactPn, draft.pushName])
