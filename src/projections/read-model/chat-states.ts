// What the account does with each chat, per address: of every field what was said last, by (epoch, sequence), whenever it comes.
import type { Write } from '../../database/statement-parts.ts'
import type { EventOf } from '../../events/event.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { type Facts, factsAt, statesIn } from './facts.ts'

type ChatEvent = EventOf<'chat.updated' | 'chat.deleted'>

export function chatStatesIn(schema: string): (events: readonly ChatEvent[]) => Write {
  const write = statesIn<ChatEvent>(schema, {
    table: 'chat_states',
    id: { column: 'chat_id', of: event => event.chatId ?? '' },
    facts: saidIn,
  })
  return events => write(events.filter(event => event.chatId != null))
}

function saidIn(event: ChatEvent): Facts {
  if (event.type === 'chat.deleted') return event.cleared ? {} : factsAt(event, { deletedAt: isoInstant(event.occurredAt) })
  const { archived, muted, mutedUntil, pinned, unread, locked, expiresInSeconds } = event
  const until = mutedUntil == null ? null : isoInstant(mutedUntil)
  return factsAt(event, {
    ...said({ archived, muted, pinned, unread, locked, expiresInSeconds }),
    // Without an end it is told by being left out, beside what it is the end of.
    ...(muted != null || until !== null ? { mutedUntil: until } : {}),
  })
}

const said = (fields: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null))
