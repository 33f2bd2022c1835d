// The bodies of Evolution API's /message calls, and the message that each asks for, as POST /v1/instances/{id}/messages takes it. Pure.
import { z } from 'zod'
import { digitsOfPhone, phone } from '../../events/command-bodies/addresses.ts'
import { contactCard } from '../contact-card.ts'
import { given, isNothing, optional } from '../dialect.ts'

const text = optional(z.string())
export const refused = (words: string) =>
  z
    .unknown()
    .optional()
    .refine(isNothing, { error: `expected nothing: ${words}` })

export const to = { number: z.string() }
export const quoted = { quoted: optional(z.looseObject({ key: z.looseObject({ id: z.string().min(1) }) })) }
export const mentions = {
  mentionsEveryOne: optional(z.boolean()),
  everyOne: optional(z.boolean()),
  mentioned: optional(z.array(z.string())),
}
const nobody = refused('it mentions nobody here')
export const mentionsNobody = { mentionsEveryOne: nobody, everyOne: nobody, mentioned: nobody }

/** `names`: pointers into our body and theirs, for refusals. */
type Sending<Body extends z.ZodObject> = {
  path: string
  body: Body
  ask(said: z.infer<Body>): Readonly<Record<string, unknown>>
  names: Readonly<Record<string, string>>
}
/** Hands the call to whoever routes it, what it asks for beside the body that it is asked of. */
export type SendCall = (route: <Body extends z.ZodObject>(call: Sending<Body>) => void) => void

const sending =
  <Body extends z.ZodObject>(
    path: string,
    body: Body,
    ask: Sending<Body>['ask'],
    names: Readonly<Record<string, string>> = {},
  ): SendCall =>
  route =>
    route({ path, body, ask, names: { '/chatId': '/number', '/quotedMessageId': '/quoted/key/id', ...names } })

type Quoted = { quoted?: { key: { id: string } } | undefined }
export const replyTo = ({ quoted }: Quoted) => (quoted === undefined ? {} : { quotedMessageId: quoted.key.id })
type Mentions = {
  number: string
  mentionsEveryOne?: boolean | undefined
  everyOne?: boolean | undefined
  mentioned?: string[] | undefined
}
export const mentioning = ({ mentionsEveryOne, everyOne, mentioned }: Mentions) => ({
  ...(mentioned !== undefined && { mentions: mentioned }),
  ...((mentionsEveryOne ?? everyOne) === true && { mentionAll: true }),
})
const sendText = sending(
  'sendText',
  z.object({ ...to, ...quoted, ...mentions, text: z.string() }),
  said => ({ chatId: said.number, kind: 'text', text: said.text, ...replyTo(said), ...mentioning(said) }),
  { '/mentions': '/mentioned', '/mentionAll': '/mentionsEveryOne' },
)

const sendLocation = sending(
  'sendLocation',
  z.object({ ...to, ...quoted, ...mentionsNobody, latitude: z.number(), longitude: z.number(), name: text, address: text }),
  ({ number, latitude, longitude, name, address, ...said }) => ({
    ...{ chatId: number, kind: 'location' },
    location: given({ latitude, longitude, name, address }),
    ...replyTo(said),
  }),
  { '/location': '' },
)

const contact = z.object({ fullName: z.string(), phoneNumber: phone, organization: text, email: text, url: text })
const sendContact = sending(
  'sendContact',
  z.object({ ...to, ...quoted, ...mentionsNobody, contact: z.array(contact) }),
  said => ({ chatId: said.number, kind: 'contacts', contacts: said.contact.map(contactOf), ...replyTo(said) }),
  { '/contacts': '/contact' },
)

function contactOf({ fullName: name, phoneNumber, organization, email, url }: z.infer<typeof contact>) {
  const phones = [phoneNumber]
  if (email === undefined && url === undefined) return given({ name, phones, organization })
  const [emails, urls] = [[email ?? []].flat(), [url ?? []].flat()]
  return { name, vcard: contactCard({ name, phones, organization, emails, urls }, digitsOfPhone) }
}

const sendReaction = sending(
  'sendReaction',
  z.object({ key: z.looseObject({ id: z.string(), remoteJid: z.string() }), reaction: z.string() }),
  ({ key, reaction }) => ({ chatId: key.remoteJid, kind: 'reaction', targetMessageId: key.id, emoji: reaction }),
  { '/chatId': '/key/remoteJid', '/targetMessageId': '/key/id', '/emoji': '/reaction' },
)

const sendPoll = sending(
  'sendPoll',
  z.object({ ...to, ...quoted, ...mentionsNobody, name: z.string(), selectableCount: z.number(), values: z.array(z.string()) }),
  ({ number, name, selectableCount, values, ...said }) => ({
    ...{ chatId: number, kind: 'poll' },
    poll: { name, options: values, selectableCount },
    ...replyTo(said),
  }),
  { '/poll/options': '/values', '/poll': '' },
)

const row = z.object({ title: z.string(), description: text, rowId: z.string() })
const section = z.object({ title: text, rows: z.array(row) })
const sendList = sending(
  'sendList',
  z.object({
    ...to,
    ...quoted,
    ...mentionsNobody,
    ...{ title: z.string(), description: text, footerText: text, buttonText: z.string(), sections: z.array(section) },
  }),
  ({ number, title, description, footerText, buttonText, sections, ...said }) => ({
    ...{ chatId: number, kind: 'list', buttonText },
    ...(description === undefined ? { description: title } : { title, description }),
    ...given({ footer: footerText }),
    sections: sections.map(({ title, rows }) =>
      given({ title, rows: rows.map(({ rowId: id, ...one }) => given({ id, ...one })) }),
    ),
    ...replyTo(said),
  }),
  { '/footer': '/footerText' },
)

const button = z.object({
  type: z.literal('reply', { error: 'expected reply: buttons that open, copy, call or pay are not sent here' }),
  displayText: z.string(),
  id: z.string(),
})
const sendButtons = sending(
  'sendButtons',
  z.object({
    ...to,
    ...quoted,
    ...mentionsNobody,
    ...{ title: z.string(), description: text, footer: text, buttons: z.array(button) },
    thumbnailUrl: refused('buttons have no picture here'),
  }),
  ({ number, title, description, footer, buttons, ...said }) => ({
    ...{ chatId: number, kind: 'buttons' },
    ...(description === undefined ? { text: title } : { header: title, text: description }),
    ...given({ footer }),
    buttons: buttons.map(({ id, displayText }) => ({ id, text: displayText })),
    ...replyTo(said),
  }),
  { '/header': '/title' },
)

export const sendCalls: readonly SendCall[] = [
  ...[sendText, sendLocation, sendContact, sendReaction, sendPoll, sendList, sendButtons],
]
