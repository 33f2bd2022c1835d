// What changed about a channel: as a stanza of its own (handleNewsletterNotification in Baileys lib/Socket/messages-recv.js), or as JSON of
// WhatsApp's GraphQL (`mex`; handleMexNotification in whatsmeow notification.go). Posts' views and reactions are not known.
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { EventOf } from '../../events/event.ts'
import { parseObject } from '../../runtime/parse-object.ts'
import { envelopeOf } from '../draft.ts'
import { isNewsletter, isOwn } from '../jid.ts'
import { authorOf } from './group-people.ts'
import { childOf, textIn } from './nodes.ts'
import type { ConvertChild, Notification, Said } from './said.ts'

type Fields = Partial<Pick<EventOf<'newsletter.updated'>, 'name' | 'description' | 'state' | 'role' | 'muted'>>
type Json = Readonly<Record<string, unknown>>

export const channelChange: ConvertChild = (child, of) => {
  const fields = child.tag === 'update' ? settingsIn(child) : child.tag === 'participant' ? roleIn(child, of) : null
  return fields === null ? null : [updated(of, of.origin.stanza.chat.id, fields)]
}

function settingsIn(child: BinaryNode): Fields | null {
  const settings = childOf(child, 'settings')
  const [name, description] = ['name', 'description'].map(tag => settings && childOf(settings, tag))
  return notEmpty({ ...(name && { name: textIn(name) }), ...(description && { description: textIn(description) }) })
}

/** Others' roles are not the account's. */
const roleIn = ({ attrs }: BinaryNode, { own }: Notification): Fields | null =>
  attrs.jid && attrs.role && isOwn(attrs.jid, own) ? { role: attrs.role.toLowerCase() } : null

export const channelUpdate: ConvertChild = (child, of) => {
  if (child.tag !== 'update' && child.tag !== 'mex') return null
  const told = parseObject(textIn(child))
  const changes = [...changesIn(objectIn(told, 'data')), ...olderChangesIn(told, child)]
  const said = changes.flatMap(one => one ?? [])
  if (said.length === 0 || said.length < changes.length) return null
  return said.map(({ channel, fields }) => updated(of, channel, fields))
}

type Change = { channel: string; fields: Fields }

const readers: Readonly<Record<string, (said: Json) => Fields>> = {
  xwa2_notify_newsletter_on_metadata_update: metadataIn,
  xwa2_notify_newsletter_on_join: metadataIn,
  xwa2_notify_newsletter_on_leave: said => wordIn('role', said.role),
  xwa2_notify_newsletter_on_mute_change: said => mutedIn(said.mute),
  xwa2_notify_newsletter_on_state_change: said => wordIn('state', objectIn(said, 'state').type),
}
/** By the field of the answer that has it. */
const readersByAnswer = new Map(Object.entries(readers))

/** null: not known. */
const changesIn = (data: Json): readonly (Change | null)[] =>
  Object.entries(data).map(([answer, said]) => changeOf(objectOf(said).id, readersByAnswer.get(answer)?.(objectOf(said))))

/** As WhatsApp said it before: {"operation", "updates": [{"jid", "settings"}]}. */
function olderChangesIn({ operation, updates }: Json, { attrs }: BinaryNode): readonly (Change | null)[] {
  if (!Array.isArray(updates)) return []
  const isKnown = (operation ?? attrs.op_name) === 'NotificationNewsletterUpdate'
  return updates.map(update => (isKnown ? changeOf(objectOf(update).jid, textsIn(objectIn(objectOf(update), 'settings'))) : null))
}

function changeOf(id: unknown, fields: Fields | undefined): Change | null {
  if (typeof id !== 'string' || fields === undefined || notEmpty(fields) === null) return null
  const channel = id.includes('@') ? id : `${id}@newsletter`
  return isNewsletter(channel) ? { channel, fields } : null
}

function metadataIn(said: Json): Fields {
  const viewer = objectIn(said, 'viewer_metadata')
  return {
    ...textsIn(objectIn(said, 'thread_metadata')),
    ...wordIn('state', objectIn(said, 'state').type),
    ...wordIn('role', viewer.role),
    ...mutedIn(viewer.mute),
  }
}

/** Each as it is, or with the time of its change beside it: {"text", "update_time"}. */
function textsIn({ name, description }: Json): Fields {
  const [toldName, toldDescription] = [name, description].map(one => (typeof one === 'string' ? one : objectOf(one).text))
  return {
    ...(typeof toldName === 'string' && { name: toldName }),
    ...(typeof toldDescription === 'string' && { description: toldDescription }),
  }
}

const wordIn = (field: 'state' | 'role', said: unknown): Fields =>
  typeof said === 'string' && said !== '' ? { [field]: said.toLowerCase() } : {}

const mutedIn = (said: unknown): Fields => (said === 'ON' ? { muted: true } : said === 'OFF' ? { muted: false } : {})

const notEmpty = (fields: Fields): Fields | null => (Object.keys(fields).length === 0 ? null : fields)
const objectOf = (value: unknown): Json => (typeof value === 'object' && value !== null ? { ...value } : {})
const objectIn = (of: Json, name: string): Json => objectOf(of[name])

const updated =
  (of: Notification, newsletterId: string, fields: Fields): Said =>
  origin => ({
    ...envelopeOf('newsletter.updated', origin),
    ...{ chatId: newsletterId, newsletterId },
    ...fields,
    authorId: authorOf(of).authorId,
  })
