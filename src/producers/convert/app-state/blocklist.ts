// Whom the account has blocked: from the list that WhatsApp answers when it is asked.
import { bareJid, isLid, isPn } from '../jid.ts'
import { envelope, itemOf, type Read, type Said } from './said.ts'

/** {blocklist: JIDs}. `before`: the ids of everybody of whom it was ever told; who is not in the list any more is not blocked. */
export function readBlocklist(payload: unknown, before: readonly string[]): Read {
  const { blocklist } = itemOf(payload)
  if (!Array.isArray(blocklist)) return { said: [], rest: payload }
  const people = (list: readonly unknown[]) =>
    list.flatMap(one => (typeof one === 'string' ? [bareJid(one)] : [])).filter(jid => isLid(jid) || isPn(jid))
  const blocked = new Set(people(blocklist))
  const free = people(before).filter(id => !blocked.has(id))
  return { said: [...[...blocked].map(id => blockSaid(id, true)), ...free.map(id => blockSaid(id, false))], rest: undefined }
}

export const blockedEntity = 'blocked'

const blockSaid = (id: string, on: boolean): Said => ({
  entity: blockedEntity,
  id,
  fields: { on },
  about: id,
  event: (_differing, of) => {
    const { address } = of
    return { ...envelope('blocklist.updated', of), contactId: address.id, contactPn: address.pn, on, chats: [] }
  },
})
