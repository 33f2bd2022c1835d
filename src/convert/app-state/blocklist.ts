// Whom the account has blocked: from the list that WhatsApp answers when it is asked.
import { bareJid, isLid, isPn } from '../jid.ts'
import type { Address } from '../stanza-identity.ts'
import { envelope, itemOf, type Read, type Said } from './said.ts'

/** Of whom it was told, under which id, and by which addresses the instance knows them. */
export type Before = { id: string; known: Address }

/**
 * {blocklist: JIDs}. `before`: everybody of whom it was ever told; who is not in the list any more is not blocked, but for whom it names now by
 * the other address.
 */
export function readBlocklist(payload: unknown, before: readonly Before[]): Read {
  const { blocklist } = itemOf(payload)
  if (!Array.isArray(blocklist)) return { said: [], rest: payload }
  const named = blocklist.flatMap(one => (typeof one === 'string' ? [bareJid(one)] : []))
  const blocked = new Set(named.filter(isPerson))
  const isBlocked = ({ id, known }: Before) => [id, known.id, known.pn].some(address => address !== null && blocked.has(address))
  const free = before.filter(one => isPerson(one.id) && !isBlocked(one)).map(({ id }) => id)
  return { said: [...[...blocked].map(id => blockSaid(id, true)), ...free.map(id => blockSaid(id, false))], rest: undefined }
}

const isPerson = (jid: string): boolean => isLid(jid) || isPn(jid)

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
