// Whom the account blocked, or does not block any more, on any of its devices (handleBlocklist in whatsmeow notification.go). Each is about the
// chat with them.
import { envelopeOf } from '../draft.ts'
import { pairOf } from '../stanza-identity.ts'
import { childrenOf } from './nodes.ts'
import type { ConvertChild, Said } from './said.ts'

/** A list that says nobody asks to be fetched: nothing that is known. */
export const blockedPeople: ConvertChild = (child, _of) => {
  const items = childrenOf(child)
  const said = child.tag === 'blocklist' ? items.flatMap(({ attrs }) => blocked(attrs) ?? []) : []
  return said.length === 0 || said.length < items.length ? null : said
}

function blocked(attrs: Readonly<Record<string, string>>): Said | null {
  const { jid, action } = attrs
  if (!jid || (action !== 'block' && action !== 'unblock')) return null
  const { id, pn } = pairOf(jid, [attrs.lid], [attrs.pn_jid, attrs.phone_number])
  const fields = { chatId: id, chatPn: pn, contactId: id, contactPn: pn, on: action === 'block', origin: 'change' }
  return origin => ({ ...envelopeOf('blocklist.updated', origin), ...fields })
}
