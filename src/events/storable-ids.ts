// Ids as the tables' indexes can hold them. Senders choose message ids, and what they react to is what they say it is:
// neither a NUL nor a megabyte of id may keep anybody's events from being projected. Equal ids stay equal.
import { createHash } from 'node:crypto'
import type { Event } from './event.ts'

const idFields = [
  'chatId',
  'chatPn',
  'senderId',
  'senderPn',
  'messageId',
  'messageIds',
  'parentMessageId',
  'targetMessageId',
  'targetSenderId',
  'participantId',
  'groupId',
  'newsletterId',
  'callId',
  'labelId',
  'contactId',
  'contactPn',
  'contactLid',
  'sourceEventId',
]
const LONGEST_ID = 256

export const withStorableIds = <E extends Event>(event: E): E => {
  const values: Readonly<Record<string, unknown>> = event
  const fields = idFields.filter(field => !isStorable(values[field]))
  return fields.length === 0
    ? event
    : Object.assign({}, event, Object.fromEntries(fields.map(field => [field, toStorable(values[field])])))
}

const isStorable = (value: unknown): boolean =>
  Array.isArray(value) ? value.every(isStorable) : typeof value !== 'string' || isStorableId(value)

export const isStorableId = (id: string): boolean => id.length <= LONGEST_ID && !id.includes('\0')

const toStorable = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(toStorable) : typeof value === 'string' ? storableId(value) : value

/** Also for what a client asks for, so that it finds what was stored. */
export function storableId(id: string): string {
  const text = id.replaceAll('\0', '\ufffd')
  if (text.length <= LONGEST_ID) return text
  return `${text.slice(0, 64).toWellFormed()}…sha256:${createHash('sha256').update(text).digest('hex')}`
}
