// The body of POST /v{N}/{phone-number-id}/messages, and the message that it asks for, as POST /v1/instances/{id}/messages takes it. Pure.
import { z } from 'zod'
import { digitsOfPhone, phone } from '../../events/command-bodies/addresses.ts'
import { contactCard } from '../contact-card.ts'
import { given, optional } from '../dialect.ts'
import { refuseFields } from '../invalid-input.ts'
import { Problem } from '../problems.ts'
import { interactive, toChoices } from './interactive.ts'

const text = optional(z.string())
/** Its examples write degrees as text, too. */
const degrees = z.union(
  [
    z.number(),
    z
      .string()
      .regex(/^-?\d+(\.\d+)?$/)
      .transform(Number),
  ],
  { error: 'expected degrees' },
)

const contact = z.looseObject({
  name: z.looseObject({ formatted_name: z.string().min(1) }),
  phones: optional(z.array(z.looseObject({ phone: optional(phone), wa_id: optional(phone) }))),
  org: optional(z.looseObject({ company: text, title: text })),
  emails: optional(z.array(z.looseObject({ email: z.string() }))),
  urls: optional(z.array(z.looseObject({ url: z.string() }))),
  addresses: optional(z.array(z.looseObject({ street: text, city: text, state: text, zip: text, country: text }))),
  birthday: text,
})

const file = z.looseObject({
  id: optional(z.string()),
  link: optional(z.string()),
  caption: text,
  filename: text,
  voice: optional(z.boolean()),
})
type File = z.infer<typeof file>

const product = z.literal('whatsapp', { error: 'expected whatsapp' })

export const asked = z.object({
  messaging_product: product,
  recipient_type: z.enum(['individual', 'group']).default('individual'),
  to: z.string(),
  type: z.string().default('text'),
  context: optional(z.looseObject({ message_id: z.string() })),
  text: optional(z.looseObject({ body: z.string() })),
  location: optional(z.looseObject({ latitude: degrees, longitude: degrees, name: text, address: text })),
  contacts: optional(z.array(contact)),
  reaction: optional(z.looseObject({ message_id: z.string(), emoji: z.string().default('') })),
  interactive: optional(interactive),
  template: z.unknown().optional(),
  ...{ image: optional(file), video: optional(file), document: optional(file), sticker: optional(file), audio: optional(file) },
})
export type Asked = z.infer<typeof asked>

/** `names`: pointers into our body and theirs, for refusals. */
type Asking = { message: Readonly<Record<string, unknown>>; names: Readonly<Record<string, string>> }

/** Throws Problem where a type cannot be sent, or its part is not there. */
export function toMessage(said: Asked): Asking {
  const { message, names = {} } = contentOf(said)
  const reply = said.context === undefined ? {} : { quotedMessageId: said.context.message_id }
  return {
    message: { chatId: said.to, ...message, ...(said.type !== 'reaction' && reply) },
    names: { '/chatId': '/to', '/quotedMessageId': '/context/message_id', ...names },
  }
}

type Content = { message: Readonly<Record<string, unknown>>; names?: Readonly<Record<string, string>> }

function contentOf(said: Asked): Content {
  switch (said.type) {
    case 'text':
      return { message: { kind: 'text', text: demand('text', said.text).body }, names: { '/text': '/text/body' } }
    case 'image':
    case 'video':
    case 'document':
    case 'sticker':
    case 'audio':
      return fileOf(said.type, demand(said.type, said[said.type]))
    case 'location': {
      const { latitude, longitude, name, address } = demand('location', said.location)
      return { message: { kind: 'location', location: given({ latitude, longitude, name, address }) } }
    }
    case 'contacts':
      return { message: { kind: 'contacts', contacts: demand('contacts', said.contacts).map(toContact) } }
    case 'reaction': {
      const { message_id: targetMessageId, emoji } = demand('reaction', said.reaction)
      const names = { '/targetMessageId': '/reaction/message_id', '/emoji': '/reaction/emoji' }
      return { message: { kind: 'reaction', targetMessageId, emoji }, names }
    }
    case 'interactive':
      return toChoices(demand('interactive', said.interactive))
    case 'template':
      throw new Problem('not-in-dialect', 'templates are of the business platform alone: a text can be sent at any time')
    default:
      throw new Problem('not-in-dialect', `messages of type ${said.type.slice(0, 50)} are not sent here`)
  }
}

/** An id is that of an upload, which POST …/media answers. */
function fileOf(type: string, { id, link, caption, filename: fileName, voice }: File): Content {
  const media = id === undefined ? given({ url: link, fileName: type === 'document' ? fileName : undefined }) : { uploadId: id }
  const kind = type === 'audio' && voice === true ? 'voice' : type
  const names = {
    '/media/url': `/${type}/link`,
    '/media/uploadId': `/${type}/id`,
    '/media': `/${type}`,
    '/caption': `/${type}/caption`,
  }
  return { message: { kind, media, ...given({ caption, fileName: type === 'document' ? fileName : undefined }) }, names }
}

/** Throws Problem. */
function demand<Part>(name: string, part: Part | undefined): Part {
  if (part !== undefined) return part
  throw refuseFields('pointer', [{ pointer: `/${name}`, expected: `what a message of type ${name} says`, received: 'nothing' }])
}

function toContact({ name, phones = [], org, emails = [], urls = [], addresses = [], birthday }: z.infer<typeof contact>) {
  const numbers = phones.flatMap(({ phone, wa_id }) => phone ?? wa_id ?? [])
  const more = [...emails, ...urls, ...addresses, ...[org?.title ?? []].flat(), ...[birthday ?? []].flat()]
  if (more.length === 0 && numbers.length > 0)
    return given({ name: name.formatted_name, phones: numbers, organization: org?.company })
  const card = {
    ...{ name: name.formatted_name, phones: numbers, organization: org?.company, title: org?.title, birthday },
    emails: emails.map(({ email }) => email),
    urls: urls.map(({ url }) => url),
    addresses: addresses.map(({ street, city, state, zip, country }) =>
      [street, city, state, zip, country].map(one => one ?? ''),
    ),
  }
  return { name: name.formatted_name, vcard: contactCard(card, digitsOfPhone) }
}

/** What it calls a person; a group is its address. */
export const waIdOf = (chatId: string): string => chatId.replace(/@s\.whatsapp\.net$/, '')

/** Of a message that somebody wrote; `typing_indicator`: the account is shown as typing there. */
export const readMark = z.object({
  messaging_product: product,
  status: z.literal('read'),
  message_id: z.string(),
  typing_indicator: optional(z.looseObject({ type: z.literal('text') })),
})

export const isReadMark = (body: unknown): boolean => typeof body === 'object' && body !== null && 'status' in body
