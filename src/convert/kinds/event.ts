// Events to come: an invitation to one, and the answer to it, which phones seal with the event's secret.
import { proto } from '@whiskeysockets/baileys'
import { type Body, firstTextOf, intOf, numberOf, textOf } from './body.ts'
import { instantOfSeconds, interactiveOf } from './interactive.ts'
import { placeOf } from './location.ts'

export function convertEvent({ eventMessage: event }: proto.IMessage): Body | null {
  if (!event) return null
  const interactive = interactiveOf({
    name: textOf(event.name),
    description: textOf(event.description),
    startsAt: instantOfSeconds(event.startTime),
    endsAt: instantOfSeconds(event.endTime),
    cancelled: event.isCanceled ?? null,
    isCall: event.isScheduleCall ?? null,
    joinUrl: textOf(event.joinLink),
    extraGuestsAllowed: event.extraGuestsAllowed ?? null,
    remindSecondsBefore: event.hasReminder ? numberOf(event.reminderOffsetSec) : null,
  })
  return {
    kind: 'event',
    text: firstTextOf(event.name, event.description),
    location: event.location ? placeOf(event.location) : null,
    interactive,
    context: event.contextInfo,
  }
}

const { EventResponseType } = proto.Message.EventResponseMessage
const answers: Readonly<Record<number, string>> = {
  [EventResponseType.GOING]: 'going',
  [EventResponseType.NOT_GOING]: 'not-going',
  [EventResponseType.MAYBE]: 'maybe',
}

/** What was answered, in a word of the contract. */
export const answerOf = ({ response }: proto.Message.IEventResponseMessage): string =>
  answers[response ?? EventResponseType.UNKNOWN] ?? 'unknown'

export function eventAnswer(answer: proto.Message.IEventResponseMessage): Body {
  const interactive = interactiveOf({ response: answerOf(answer), extraGuestCount: intOf(answer.extraGuestCount) })
  return { kind: 'event', interactive, context: null }
}
