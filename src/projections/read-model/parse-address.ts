// What people write for a chat: a LID, a phone-number JID (with or without a device), or the digits of a phone number.
import { storableId } from '../storable-ids.ts'

export function parseAddress(text: string): string {
  const trimmed = text.trim()
  const digits = trimmed.replace(/^\+/, '')
  if (/^\d+$/.test(digits)) return `${digits}@s.whatsapp.net`
  return storableId(trimmed.replace(/^(\d+):\d+@/, '$1@'))
}
