// Albums: pictures and films that phones show together. Each is a message of its own behind a marker that says how many there are.
import { z } from 'zod'
import { media } from './files.ts'
import { to } from './written.ts'

/** WhatsApp's apps send as many at once. */
export const MAX_ITEMS = 30

const item = z.strictObject({
  kind: z.literal(['image', 'video']).describe('image or video: what it is sent as'),
  ...media,
  caption: z.exactOptional(z.string().min(1).max(1_024)).describe('1..1024 characters below it'),
})

export const album = z.strictObject({
  ...to,
  kind: z.literal('album').describe('pictures and films that phones show together, each a message of its own'),
  items: z.array(item).min(2).max(MAX_ITEMS).describe(`2..${MAX_ITEMS}, in the order in which phones show them`),
})
