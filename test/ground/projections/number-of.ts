// A number as the log says whose it is, at one moment or another.
import type { EventOf } from '../../../src/events/event.ts'
import { anEvent, somebody, testStartAt } from '../events.ts'

/** Somebody's number is theirs, said so many seconds after the start of tests. */
export const pairOf = ({ lid }: { lid: string }, second: number): EventOf<'contact.updated'> =>
  anEvent('contact.updated', {
    ...{ contactId: lid, contactLid: lid, contactPn: somebody.pn },
    ...{ chatId: null, chatPn: null, senderId: null, senderPn: null },
    occurredAt: testStartAt + second * 1000,
  })
