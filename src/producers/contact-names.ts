// Says when a contact's push name or pair of addresses differs from what this process last appended about it.
import type { DraftOf } from './draft.ts'
import { isLid, isPn } from './jid.ts'
import { createLru } from './lru.ts'
import type { Stanza } from './stanza-identity.ts'

export type ContactNames = {
  /** null: nothing new. */
  changed(stanza: Stanza, receivedAt: number): DraftOf<'contact.updated'> | null
  /** After the append: a change whose append failed is told again. */
  remember(draft: DraftOf<'contact.updated'>): void
}

export function createContactNames(options: { maxContacts: number }): ContactNames {
  const known = createLru<string>(options.maxContacts)
  return {
    changed: (stanza, receivedAt) => {
      const { sender, fromMe, senderName } = stanza
      const isPerson = isLid(sender.id) || isPn(sender.id)
      const isPair = isLid(sender.id) && sender.pn !== null
      if (fromMe || !isPerson || (senderName === null && !isPair)) return null
      const draft: DraftOf<'contact.updated'> = {
        eventId: null,
        type: 'contact.updated',
        instanceId: stanza.instanceId,
        occurredAt: stanza.occurredAt ?? receivedAt,
        senderId: sender.id,
        senderPn: sender.pn,
        contactId: sender.id,
        contactPn: sender.pn,
        contactLid: isLid(sender.id) ? sender.id : null,
        pushName: senderName,
      }
      return known.get(draft.contactId) === fingerprint(draft) ? null : draft
    },
    remember: draft => known.set(draft.contactId, fingerprint(draft)),
  }
}

const fingerprint = (draft: DraftOf<'contact.updated'>): string => JSON.stringify([draft.contactPn, draft.pushName])
