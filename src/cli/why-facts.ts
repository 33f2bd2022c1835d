// What zaplog answers of an event and of all that became of it, as far as why tells it.
import { z } from 'zod'
import type { Command } from './answers.ts'

const text = z.string().nullable()

export const found = z.looseObject({
  eventId: z.string(),
  instanceId: z.string(),
  type: text,
  messageId: text,
  row: text,
  record: z
    .looseObject({ topic: z.string(), partition: z.number(), offset: z.string(), recordedAt: z.string(), sizeBytes: z.number() })
    .nullable(),
  body: z.looseObject({ timestamp: z.string() }).nullable(),
  lookedAt: z.array(z.string()),
})

const media = z.looseObject({
  status: z.string(),
  reason: text,
  stage: text,
  retryable: z.boolean().nullable(),
  detail: text,
  mimetype: text,
  sizeBytes: z.number().nullable(),
  url: z.string(),
})
export const message = z.looseObject({
  eventId: z.string(),
  messageId: z.string(),
  chatId: text,
  kind: z.string(),
  occurredAt: z.string(),
  editedAt: text,
  revokedAt: text,
  undecryptable: text,
  commandId: text,
  status: text,
  media: media.nullable(),
})

const moment = z.looseObject({ at: text, what: z.string(), detail: text, until: text })
export const delivery = z.looseObject({
  id: z.string(),
  endpointId: z.string(),
  type: z.string(),
  state: z.string(),
  error: text,
  statusCode: z.number().nullable(),
  retryAt: text,
  timeline: z.array(moment),
})

/** What a HEAD of it answers. */
export type Link = {
  url: string
  /** null: no answer came. */
  status: number | null
  error: string | null
  sizeBytes: number | null
  /** What caches between may do with it. */
  cache: string | null
}

export type Media = z.infer<typeof media>
export type Delivery = z.infer<typeof delivery>
export type Facts = {
  event: z.infer<typeof found>
  /** null: it is no message, or its row is gone. */
  message: z.infer<typeof message> | null
  /** null: nobody asked for it, or that is forgotten. */
  command: Command | null
  deliveries: readonly Delivery[]
  link: Link | null
}
