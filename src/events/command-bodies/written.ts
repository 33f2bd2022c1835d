// What people write: texts, places, contacts. Fields are called as in the events that they become.
import { z } from 'zod'
import { chatId, isGroupAddress, personId, phone } from './addresses.ts'
import { background, checkStatus, font, seen, toOrStatus } from './statuses.ts'

/** WhatsApp’s own ids have 16 to 32 characters. */
export const messageId = z.string().min(1).max(256)
/** WhatsApp takes as much in one message. */
export const MAX_TEXT = 65_536
/** As many as a group has at most. */
const MAX_MENTIONS = 1_024

/** Of everything that can be an answer to a message. */
export const replies = {
  quotedMessageId: z.exactOptional(messageId).describe('WhatsApp’s id of the message that this one replies to, in the same chat'),
}
export const mentions = z.array(personId).min(1).max(MAX_MENTIONS)
export const bodyText = z.string().min(1).max(MAX_TEXT)
export const to = { chatId: chatId.describe('the person or group, in any of its forms: +55 11 90000-0011, …@lid, …@g.us') }

const linkPreview = z.strictObject({
  url: z.string().min(1).max(2_048).describe('as it stands in the text'),
  title: z.string().min(1).max(1_024).describe('of its page'),
  description: z.exactOptional(z.string().max(4_096)).describe('of its page'),
})

export const text = z
  .strictObject({
    ...toOrStatus,
    kind: z.literal('text'),
    text: bodyText.describe(`what is written: 1..${MAX_TEXT} characters`),
    mentions: z.exactOptional(mentions).describe('whom it mentions; the text has @ and the digits of each, or nobody sees them'),
    mentionAll: z.exactOptional(z.boolean()).describe('of a group: whether everybody in it is mentioned'),
    ...replies,
    linkPreview: z
      .exactOptional(z.union([z.literal(false), linkPreview], { error: 'expected {url, title, description?} or false' }))
      .describe('what is shown of a link in the text; false or left out: nothing, as no page is fetched for it'),
    ...seen,
    ...background,
    ...font,
  })
  .check(checkStatus, ({ value, issues }) => {
    const refuse = (path: string[], message: string, input: unknown) => issues.push({ code: 'custom', path, message, input })
    if (value.mentionAll === true && !isGroupAddress(value.chatId)) refuse(['mentionAll'], 'expected a group as chatId', true)
    if (value.linkPreview && !value.text.includes(value.linkPreview.url))
      refuse(['linkPreview', 'url'], 'expected a link that stands in the text', value.linkPreview.url)
  })
  .meta({
    examples: [
      { chatId: '+55 11 90000-0011', kind: 'text', text: 'Olá!' },
      { chatId: 'status', kind: 'text', text: 'Open until six', backgroundColor: '#128C7E', audience: { contacts: 'saved' } },
    ],
  })

export const place = z
  .strictObject({
    latitude: z.number().min(-90).max(90).describe('degrees, north of the equator positive'),
    longitude: z.number().min(-180).max(180).describe('degrees, east of Greenwich positive'),
    name: z.exactOptional(z.string().min(1).max(1_024)).describe('what the place is called'),
    address: z.exactOptional(z.string().min(1).max(1_024)).describe('where it is'),
    url: z
      .exactOptional(z.url({ protocol: /^https?$/, error: 'expected an http or https URL' }).max(2_048))
      .describe('a page about it'),
  })
  .meta({ title: 'Place' })

export const location = z.strictObject({ ...to, kind: z.literal('location'), location: place.describe('the point'), ...replies })

const contact = z
  .strictObject({
    name: z.exactOptional(z.string().min(1).max(1_024)).describe('what it is called; left out with a vcard: as that says'),
    phones: z.exactOptional(z.array(phone).min(1).max(20)).describe('numbers with their country'),
    organization: z.exactOptional(z.string().min(1).max(1_024)).describe('where it works'),
    vcard: z
      .exactOptional(
        z
          .string()
          .max(MAX_TEXT)
          .regex(/^BEGIN:VCARD\r?\n/i, 'expected a vCard, which begins with BEGIN:VCARD'),
      )
      .describe('a whole vCard (RFC 6350), instead of phones and organization'),
  })
  .check(({ value, issues }) => {
    const isWhole = value.vcard !== undefined && value.phones === undefined && value.organization === undefined
    const isMade = value.vcard === undefined && value.name !== undefined && value.phones !== undefined
    if (!isWhole && !isMade) issues.push({ code: 'custom', message: 'expected name and phones, or a vcard', input: value })
  })
export type ContactToSend = z.infer<typeof contact>

export const contacts = z.strictObject({
  ...to,
  kind: z.literal('contacts'),
  contacts: z.array(contact).min(1).max(100).describe('1..100, in order'),
  ...replies,
})
