// An event's addresses as they are shown: the LID where the instance knows it, the phone number beside it. Its id was made of the stanza
// alone, so that a copy that comes before and one that comes after a pair is known are one event.
import { completePeople } from './complete-people.ts'
import type { Offer } from './draft.ts'
import type { KnownAddresses } from './known-addresses.ts'

export async function completeAddresses<One extends Offer>(
  offer: One,
  known: Pick<KnownAddresses, 'complete' | 'readAhead'>,
): Promise<One> {
  const { chatId, chatPn = null, senderId, senderPn = null }: AddressFields = offer
  const chat = chatId ? await known.complete({ id: chatId, pn: chatPn }) : null
  const sender = senderId ? await known.complete({ id: senderId, pn: senderPn }) : null
  return Object.assign({}, offer, {
    ...(chat && { chatId: chat.id, chatPn: chat.pn }),
    ...(sender && { senderId: sender.id, senderPn: sender.pn }),
    ...(await completeOthers(offer, known)),
  })
}

type AddressFields = Pick<Offer, 'chatId' | 'chatPn' | 'senderId' | 'senderPn'>

/** Those that an event names beside its chat and sender. */
async function completeOthers(offer: Offer, known: Pick<KnownAddresses, 'complete' | 'readAhead'>): Promise<object> {
  if (offer.type === 'message.receipt-updated' && offer.participantId)
    return { participantId: (await known.complete({ id: offer.participantId, pn: null })).id }
  const hasTarget = offer.type === 'message.revoked' || offer.type === 'message.pinned' || offer.type === 'poll.voted'
  if (hasTarget && offer.targetSenderId)
    return { targetSenderId: (await known.complete({ id: offer.targetSenderId, pn: null })).id }
  return completePeople(offer, known)
}
