// What somebody wrote, by the field that it is in (message-fields.ts).
import type { proto } from '@whiskeysockets/baileys'
import type { Body } from './kinds/body.ts'
import { converters } from './message-fields.ts'

/** Of a message without wrappers; null: nothing of a kind. */
export function convertKind(content: proto.IMessage): Body | null {
  for (const convert of converters) {
    const body = convert(content)
    if (body !== null) return body
  }
  return null
}
