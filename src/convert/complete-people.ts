// The people that an event names beside its chat and sender, shown as the instance knows them.
import type { Offer } from './draft.ts'
import type { KnownAddresses } from './known-addresses.ts'
import type { GroupPerson } from './notifications/group-people.ts'

type Known = Pick<KnownAddresses, 'complete' | 'readAhead'>
type Named = { id: string | null | undefined; pn: string | null | undefined }

/** The fields of the event that change by it. */
export async function completePeople(offer: Offer, known: Known): Promise<object> {
  switch (offer.type) {
    case 'group.updated': {
      const owner = await shown({ id: offer.ownerId, pn: offer.ownerPn }, known)
      return {
        ...(owner && { ownerId: owner.id, ownerPn: owner.pn }),
        ...(await shownAuthor(offer, known)),
        ...(offer.participants && { participants: await shownPeople(offer.participants, known) }),
      }
    }
    case 'group.participants-changed':
    case 'group.join-requested':
      return { ...(await shownAuthor(offer, known)), participants: await shownPeople(offer.participants, known) }
    case 'newsletter.updated': {
      const author = await shown({ id: offer.authorId, pn: null }, known)
      return author === null ? {} : { authorId: author.id }
    }
    case 'blocklist.updated': {
      const contact = await known.complete({ id: offer.contactId, pn: offer.contactPn ?? null })
      return { contactId: contact.id, contactPn: contact.pn }
    }
    default:
      return {}
  }
}

const shown = async ({ id, pn }: Named, known: Known) => (id ? await known.complete({ id, pn: pn ?? null }) : null)

async function shownAuthor({ authorId, authorPn }: { authorId?: string | null; authorPn?: string | null }, known: Known) {
  const author = await shown({ id: authorId, pn: authorPn }, known)
  return author && { authorId: author.id, authorPn: author.pn }
}

/** A thousand people are one read. */
async function shownPeople(people: readonly GroupPerson[], known: Known): Promise<readonly GroupPerson[]> {
  await known.readAhead(people.map(({ id, pn = null }) => ({ id, pn })))
  const shownOnes: GroupPerson[] = []
  for (const person of people) {
    const { id, pn } = await known.complete({ id: person.id, pn: person.pn ?? null })
    shownOnes.push({ ...person, id, pn })
  }
  return shownOnes
}
