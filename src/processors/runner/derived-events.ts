// What a processor makes of an event, with its envelope: the source's instance, place and addresses travel along, its raw bytes do not, and
// the ids are the same whenever it is made again.
import type { Event } from '../../events/event.ts'
import { derivedId } from '../../events/ids.ts'
import type { Made } from '../processor.ts'

/** `by`: the processor's name. Several of one type are told apart by their order. */
export function derivedEvents(source: Event, made: readonly Made[], { by, at }: { by: string; at: number }): readonly Event[] {
  return made.map((one, index) => {
    const { type, round, sourceEventId: sourceId } = one
    const ordinal = made.slice(0, index).filter(earlier => earlier.type === type).length
    return { ...envelopeOf(source), eventId: derivedId({ sourceId, by, type, round, ordinal }), recordedAt: at, ...one }
  })
}

function envelopeOf({ instanceId, epoch, sequence, occurredAt, ...source }: Event) {
  const { chatId = null, chatPn = null, senderId = null, senderPn = null } = source
  const { messageId = null, fromMe = null, occurredAtSaid = null } = source
  return { instanceId, epoch, sequence, occurredAt, chatId, chatPn, senderId, senderPn, messageId, fromMe, occurredAtSaid }
}
