// What a history says of people: what they call themselves, what they are called in the address book, and which addresses are one account.
import { isStorableId } from '../../events/storable-ids.ts'
import { bareJid, isLid, isOwn, isPn } from '../jid.ts'
import {
  type Converted,
  type HistoryContext,
  type HistoryDraftOf,
  nothing,
  passedOver,
  toldEnvelope,
  unreadable,
} from './history-context.ts'
import { pairIn } from './history-pairs.ts'

export function convertPushName({ id, pushName }: { id: string; pushName: string }, context: HistoryContext): Converted {
  const jid = bareJid(id)
  if (!isPerson(jid) || !isStorableId(id)) return unreadable('pushname')
  // As live: the account's own name is not told.
  if (isOwn(jid, context.own)) return passedOver('own push name')
  return pushName === '' ? nothing : { ...nothing, drafts: [contactDraft(jid, { pushName }, context)] }
}

export function convertMapping({ pn, lid }: { pn: string; lid: string }, context: HistoryContext): Converted {
  const pair = pairIn(pn, lid)
  if (pair === null) return unreadable('mapping')
  context.pairs.learn(pair)
  return { ...nothing, pairs: [pair], drafts: [contactDraft(pair.lid, { contactPn: pair.pn }, context)] }
}

/** More than WhatsApp lets into any group that writes. */
export const maxPeople = 2_048

export const isPerson = (jid: string): boolean => isLid(jid) || isPn(jid)

type Said = { name?: string | null; pushName?: string | null; contactPn?: string | null }

/** `jid`: as the phone names the person. */
export function contactDraft(jid: string, said: Said, context: HistoryContext): HistoryDraftOf<'contact.updated'> {
  const { id, pn } = context.pairs.addressOf(jid)
  const addresses = { contactId: id, contactPn: said.contactPn ?? pn, contactLid: isLid(id) ? id : null }
  return { ...toldEnvelope('contact.updated', jid, said, context), ...said, ...addresses }
}
