// What the log holds of messages, noted the instant at which it is durable, whoever may still hear of it.
import type { Codec } from '../../../../src/events/codec.ts'
import type { Event } from '../../../../src/events/event.ts'
import type { EventLog, Position } from '../../../../src/log/log.ts'
import { never } from '../../../../src/runtime/or-abort.ts'

export type Durable = {
  /** Every copy of everything, in the order of the log. */
  events(): readonly Event[]
  has(messageId: string, as: 'message' | 'undecryptable'): boolean
  log: EventLog
}

export const isMessage = ({ type }: Event): boolean => type === 'message.received' || type === 'message.sent'

/** All records of one append have one key, so that its only position is the offset after the last of them. */
const place = ([position]: readonly Position[], fromEnd: number): bigint => (position?.nextOffset ?? 0n) - BigInt(fromEnd)

/** Of one instance, whose records all go through this log. */
export function noteDurable(log: EventLog, codec: Codec): Durable {
  const noted: { event: Event; offset: bigint }[] = []
  const messages = new Set<string>()
  const undecryptable = new Set<string>()
  function note(event: Event, offset: bigint): void {
    noted.push({ event, offset })
    if (!('messageId' in event) || event.messageId === null) return
    if (isMessage(event)) messages.add(event.messageId)
    if (event.type === 'message.undecryptable') undecryptable.add(event.messageId)
  }
  return {
    events: () => noted.toSorted((a, b) => (a.offset < b.offset ? -1 : 1)).map(({ event }) => event),
    has: (messageId, as) => (as === 'message' ? messages : undecryptable).has(messageId),
    log: {
      ...log,
      append: async (append, signal) => {
        const positions = await log.append(append, signal)
        for (const [nth, { value }] of append.records.entries()) {
          const event = await codec.decode(value, never)
          if (event !== null) note(event, place(positions, append.records.length - nth))
        }
        return positions
      },
    },
  }
}
