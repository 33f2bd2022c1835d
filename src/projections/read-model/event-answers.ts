// The last answer of each guest to each event. An answer is a message of its own as well, whose parent is the event.
import type { Write } from '../../database/statement-parts.ts'
import { insertInto } from './insert-rows.ts'
import { type SaidOfMessage, setNewer, speakerOf, targetColumns, targetRow } from './said-of-message.ts'
import type { MessageEvent } from './sort-events.ts'
import { greatestByKey, isLaterThanOld, keyOf } from './stamp.ts'

export type EventAnswer = SaidOfMessage & { answer: string; extraGuests: number | null }

export function answersIn(schema: string): (answers: readonly EventAnswer[]) => Write {
  const insert = insertInto(schema, 'event_answers', columns, onConflict)
  const keyOfOne = (answer: EventAnswer) => keyOf(answer.instanceId, answer.targetMessageId, answer.chatId, speakerOf(answer))
  return answers => insert(greatestByKey(answers, keyOfOne).map(toRow))
}

/** Those among messages that are one. */
export const answersAmong = (messages: readonly MessageEvent[]): readonly EventAnswer[] =>
  messages.flatMap(message => {
    if (message.type === 'message.undecryptable' || message.kind !== 'event' || message.parentMessageId == null) return []
    const said = answerIn(message.interactive)
    return said === null ? [] : [{ ...message, ...said, targetMessageId: message.parentMessageId }]
  })

type Said = { answer: string; extraGuests: number | null }

/** Of `interactive` of a message of kind event (events/interactive-shapes.ts); null: it is an event itself. */
export function answerIn(interactive: string | null | undefined): Said | null {
  const told = objectIn(interactive)
  if (typeof told.response !== 'string') return null
  const { response, extraGuestCount: guests } = told
  return { answer: response, extraGuests: typeof guests === 'number' && isInt(guests) ? guests : null }
}

function objectIn(text: string | null | undefined): Readonly<Record<string, unknown>> {
  if (text == null) return {}
  try {
    return { ...JSON.parse(text) }
  } catch {
    return {} // not written by convert/kinds, so it is no answer
  }
}

const isInt = (value: number): boolean => Number.isInteger(value) && Math.abs(value) < 2 ** 31

const columns = [...targetColumns, 'sender_id', 'from_me', 'answer', 'extra_guests']

const onConflict = `on conflict (instance_id, target_message_id, chat_id, sender_id) do update set
    ${setNewer(['from_me', 'answer', 'extra_guests'])}
  where ${isLaterThanOld}`

const toRow = (answer: EventAnswer) => ({
  ...targetRow(answer),
  sender_id: speakerOf(answer),
  from_me: answer.fromMe ?? false,
  answer: answer.answer,
  extra_guests: answer.extraGuests,
})
