// Which states events tell of, for comparing a list with what was appended: a list's own events are compared by the very same.
import type { Offer, OfferOf } from '../../convert/draft.ts'
import type { State } from './differing.ts'

/** In their order; events that no list repeats tell of none. By their ids as stanzas and lists say them, before anything is looked up. */
export const statesIn = (offers: readonly Offer[]): readonly State[] => offers.flatMap(offer => stateIn(offer) ?? [])

function stateIn(offer: Offer): State | null {
  switch (offer.type) {
    case 'group.updated':
      return groupState(offer)
    case 'blocklist.updated':
      return { entity: 'blocked', id: offer.contactId, fields: { on: offer.on } }
    default:
      return null
  }
}

function groupState(offer: OfferOf<'group.updated'>): State {
  const { subject, description, ownerId, ownerPn, createdAt, announce, restrict, joinApproval, memberAdd } = offer
  const { expiresInSeconds, isCommunity, parentGroupId, participants } = offer
  const fields = {
    ...{ subject, description, ownerId, ownerPn, createdAt, announce, restrict, joinApproval, memberAdd },
    ...{ expiresInSeconds, isCommunity, parentGroupId, participants },
  }
  return { entity: 'group', id: offer.groupId, fields }
}
