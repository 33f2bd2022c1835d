// Every kind of message: as phones and businesses write them, and what the contract says becomes of it.
import { proto } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { eventAnswer } from '../../src/convert/kinds/event.ts'
import { messageDraft } from '../../src/convert/message-draft.ts'
import { unwrapMessage } from '../../src/convert/unwrap-message.ts'
import { interactiveShapes } from '../../src/events/interactive-shapes.ts'
import { kinds } from '../../src/events/vocabulary.ts'
import { convertedOf, originOf } from '../ground/producers/convert-part.ts'
import { saidCases } from '../ground/producers/kinds/said.ts'
import { shownCases } from '../ground/producers/kinds/shown.ts'
import { toldCases } from '../ground/producers/kinds/told.ts'

const { EventResponseType } = proto.Message.EventResponseMessage

const nothing = { text: null, mediaSource: null, interactive: null }
const told = (event: object): object =>
  'interactive' in event && typeof event.interactive === 'string'
    ? { ...nothing, ...event, interactive: JSON.parse(event.interactive) }
    : { ...nothing, ...event }

const cases = [...saidCases, ...shownCases, ...toldCases]

test.each(cases)('[B1] [C1] %s', (_title, message, expected) => {
  const [event, ...others] = convertedOf(message)
  expect(others).toEqual([])
  expect(told(event ?? {})).toMatchObject({ type: 'message.received', ...expected })
})

test('[B1] what interactive holds is said of each kind', () => {
  for (const [title, message] of cases) {
    const { kind, interactive } = told(convertedOf(message)[0] ?? {}) as { kind: string; interactive: object | null }
    const documented = (interactiveShapes[kind] ?? []).flatMap(shape => Object.keys(shape.fields))
    expect(
      Object.keys(interactive ?? {}).filter(name => !documented.includes(name)),
      title,
    ).toEqual([])
  }
  expect(Object.keys(interactiveShapes).filter(kind => !(kinds.here as readonly string[]).includes(kind))).toEqual([])
})

test('[B1] the answer to an event, once it is opened, is a message that belongs to the event', () => {
  const answer = { response: EventResponseType.GOING, extraGuestCount: 2 }
  const belonging = { ...unwrapMessage({}), parentMessageId: 'EVENT' }
  expect(told(messageDraft(eventAnswer(answer), belonging, originOf({ eventMessage: { name: 'Festa' } })))).toMatchObject({
    type: 'message.received',
    kind: 'event',
    parentMessageId: 'EVENT',
    interactive: { response: 'going', extraGuestCount: 2 },
  })
})
