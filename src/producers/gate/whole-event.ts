// An event as JSON, every field of it, bytes in base64: what is kept where the event itself cannot be a record.
import { BufferJSON } from '@whiskeysockets/baileys'
import type { Event } from '../../events/event.ts'

export const wholeEvent = (event: Event): Buffer =>
  Buffer.from(
    JSON.stringify(event, (key, value) => (typeof value === 'bigint' ? String(value) : BufferJSON.replacer(key, value))) ??
      'null',
  )
