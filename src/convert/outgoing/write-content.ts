// What somebody writes, by its kind, as convert/kinds/ read it.
import { proto } from '@whiskeysockets/baileys'
import { isStatusAddress } from '../../events/command-bodies/addresses.ts'
import { isFile } from '../../events/command-bodies/files.ts'
import { numberedButtons, numberedList } from '../../events/command-bodies/numbered-choices.ts'
import { fonts, usualBackground } from '../../events/command-bodies/statuses.ts'
import type { KeptBody } from '../../events/command-bodies.ts'
import { assertNever } from '../../events/event.ts'
import type { SentBody } from '../../events/operations.ts'
import { albumContent } from './album-content.ts'
import type { BuildWith, Built } from './build-message.ts'
import type { Change } from './change-message.ts'
import { contactCard } from './contact-card.ts'
import { contextInfo } from './context-info.ts'
import { nativeButtons, nativeList } from './native-choices.ts'
import { argbOf, fontNumbers } from './status-looks.ts'
import { type FileToSend, fileContent } from './write-file.ts'

type Written = Exclude<KeptBody, Change | SentBody | { kind: 'forward' }>
type Context = { contextInfo?: proto.IContextInfo }

export function writeContent(body: Written, given: Pick<BuildWith, 'own' | 'file'>): Built {
  const context = contextInfo(body, given)
  if (isFile(body)) return { content: fileContent(body, fileOf(given), context) }
  switch (body.kind) {
    case 'text':
      return { content: isStatusAddress(body.chatId) ? statusText(body, context) : textContent(body, context) }
    case 'album':
      return { content: albumContent(body) }
    case 'location':
      return { content: { locationMessage: { ...pointOf(body.location), ...context } } }
    case 'contacts':
      return { content: contactsContent(body.contacts.map(contactCard), context) }
    case 'poll':
      return pollContent(body.poll, context)
    case 'event':
      return eventContent(body.event, context)
    case 'list':
      return body.native ? nativeList(body, context) : { content: textContent({ text: numberedList(body) }, context) }
    case 'buttons':
      return body.native ? nativeButtons(body, context) : { content: textContent({ text: numberedButtons(body) }, context) }
    default:
      return assertNever(body)
  }
}

/** Throws where there is none. */
export function fileOf({ file }: Pick<BuildWith, 'file'>): FileToSend {
  if (file === null) throw new Error('building a file: expected it to be at WhatsApp, got none')
  return file
}

type Text = { text: string; linkPreview?: false | { url: string; title?: string; description?: string } }

/** As Baileys writes every text; WhatsApp Web has `conversation` for those that nothing stands around. */
export function textContent({ text, linkPreview }: Text, context: Context): proto.IMessage {
  const { url: matchedText, ...page } = linkPreview || { url: undefined }
  const { NONE: previewType } = proto.Message.ExtendedTextMessage.PreviewType
  return {
    extendedTextMessage: { text, ...(matchedText !== undefined && { matchedText, ...page, previewType }), ...context },
  }
}

const WHITE_ARGB = 0xff_ff_ff_ff

/** A text on a colour, as phones' own. */
function statusText(body: Extract<Written, { kind: 'text' }>, context: Context): proto.IMessage {
  const { extendedTextMessage } = textContent(body, context)
  const { backgroundColor = usualBackground, font = fonts[0] } = body
  const looks = { textArgb: WHITE_ARGB, backgroundArgb: argbOf(backgroundColor), font: fontNumbers[font] }
  return { extendedTextMessage: { ...extendedTextMessage, ...looks } }
}

type Told = string | null | undefined
type Point = { latitude: number; longitude: number; name?: Told; address?: Told; url?: Told }

export const pointOf = ({ latitude, longitude, name, address, url }: Point): proto.Message.ILocationMessage => ({
  degreesLatitude: latitude,
  degreesLongitude: longitude,
  ...(name != null && { name }),
  ...(address != null && { address }),
  ...(url != null && { url }),
})

type Card = { displayName?: Told; vcard: string }

/** Several have a name together, as WhatsApp's apps give them one. */
export function contactsContent(cards: readonly Card[], context: Context): proto.IMessage {
  const [first, ...others] = cards.map(({ displayName, vcard }) => ({ displayName: displayName ?? '', vcard }))
  if (first === undefined) throw new Error('building contacts: expected at least one, got none')
  if (others.length === 0) return { contactMessage: { ...first, ...context } }
  return { contactsArrayMessage: { displayName: `${others.length + 1} contacts`, contacts: [first, ...others], ...context } }
}

type Poll = { name: string; options: readonly string[]; selectableCount: number }

/** Of one choice it is a poll of version 3, else of version 1; version 2 is of announcement groups. */
export function pollContent({ name, options, selectableCount }: Poll, context: Context): Built {
  const poll = {
    name,
    options: options.map(optionName => ({ optionName })),
    selectableOptionsCount: selectableCount,
    ...context,
  }
  return {
    content: selectableCount === 1 ? { pollCreationMessageV3: poll } : { pollCreationMessage: poll },
    nodes: [{ tag: 'meta', attrs: { polltype: 'creation' } }],
  }
}

type Planned = Extract<Written, { kind: 'event' }>['event']

const eventContent = ({ name, description, startsAt, endsAt, location }: Planned, context: Context): Built => ({
  content: {
    eventMessage: {
      name,
      ...(description !== undefined && { description }),
      startTime: secondsOf(startsAt),
      ...(endsAt !== undefined && { endTime: secondsOf(endsAt) }),
      ...(location !== undefined && { location: pointOf(location) }),
      isCanceled: false,
      isScheduleCall: false,
      ...context,
    },
  },
  nodes: [{ tag: 'meta', attrs: { event_type: 'creation' } }],
})

const secondsOf = (instant: string): number => Math.floor(Date.parse(instant) / 1000)
