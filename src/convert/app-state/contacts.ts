// Names in the phone's address book, and pairs of addresses: from Baileys' contacts.upsert and lid-mapping.update, which it makes of one
// entry (lib/Utils/sync-action-utils.js). An entry that was removed it tells as if it were still there, so nothing differs.
import { bareJid, isLid, isPn } from '../jid.ts'
import { envelope, type Item, itemOf, type Read, readList, type Said, textOf } from './said.ts'

/** A user name, which has no field yet, is left in the rest where it is more than the name. */
export const readContacts = (payload: unknown): Read =>
  readList(payload, item => {
    const { id, name, lid, phoneNumber, username, ...rest } = item
    const said = contactSaid({ id, name, lid, phoneNumber })
    if (said === null) return { said: [], rest: item }
    const isMore = username !== undefined && username !== name
    const left = { ...rest, ...(isMore && { username }) }
    return { said: [said], rest: Object.keys(left).length === 0 ? undefined : { id, ...left } }
  })

/** {lid, pn}. */
export function readLidMapping(payload: unknown): Read {
  const { lid, pn } = itemOf(payload)
  const said = textOf(lid) === null || textOf(pn) === null ? null : contactSaid({ id: lid, phoneNumber: pn })
  return said === null ? { said: [], rest: payload } : { said: [said], rest: undefined }
}

/** Under its LID where the entry has it, so that both events are about one contact. null: it is no person, or nothing is said of it. */
function contactSaid(item: Item): Said | null {
  const given = [item.id, item.lid, item.phoneNumber].flatMap(value => textOf(value) ?? []).map(bareJid)
  const [lid = null, pn = null] = [given.find(isLid), given.find(isPn)]
  const [id, name] = [lid ?? pn, textOf(item.name)]
  if (id === null || (name === null && (lid === null || pn === null))) return null
  return {
    entity: 'contact',
    id,
    fields: { name, pn: lid === null ? null : pn },
    about: id,
    event: (_differing, of) => {
      const { address, fields } = of
      const contactPn = address.pn ?? textOf(fields.pn)
      const addresses = { contactId: address.id, contactPn, contactLid: isLid(address.id) ? address.id : null }
      return { ...envelope('contact.updated', of), ...addresses, name: textOf(fields.name), chats: [] }
    },
  }
}
