// What zaplog adds to a body when it takes it, of what it knows then: whoever sends it later needs to ask nobody.
import { z } from 'zod'
import { fileKinds } from './files.ts'

/** `senderId` null: not known. */
const author = { fromMe: z.boolean(), senderId: z.string().nullable() }

/** Of a message that was sent before, what can be sent again. */
const contentToForward = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('text'),
    text: z.string().min(1),
    linkPreview: z.exactOptional(
      z.object({ url: z.string(), title: z.exactOptional(z.string()), description: z.exactOptional(z.string()) }),
    ),
  }),
  z.strictObject({
    kind: z.literal('location'),
    location: z.object({
      latitude: z.number(),
      longitude: z.number(),
      name: z.string().nullish(),
      address: z.string().nullish(),
      url: z.string().nullish(),
    }),
  }),
  z.strictObject({
    kind: z.literal('contacts'),
    contacts: z.array(z.object({ displayName: z.string().nullish(), vcard: z.string().min(1) })).min(1),
  }),
  z.strictObject({
    kind: z.literal('poll'),
    poll: z.object({ name: z.string().min(1), options: z.array(z.string()).min(1), selectableCount: z.int().min(0) }),
  }),
  z.strictObject({
    kind: z.enum(fileKinds),
    uploadId: z.string(),
    caption: z.exactOptional(z.string().min(1)),
    fileName: z.exactOptional(z.string().min(1)),
  }),
])
export type ContentToForward = z.infer<typeof contentToForward>
/** null: it is none of these. */
export const parseContentToForward = (said: unknown): ContentToForward | null => contentToForward.safeParse(said).data ?? null

export const known = z.strictObject({
  /** Of the chat's timer, as it is when what is written is built. */
  expiresInSeconds: z.exactOptional(z.int().positive()),
  /** true: neither has written to the other before, as far as is known. */
  isFirst: z.exactOptional(z.literal(true)),
  /** Whose the target is. */
  target: z.exactOptional(z.strictObject(author)),
  /** `isStatus`: it is a status of whom it is written to. */
  quoted: z.exactOptional(z.strictObject({ ...author, text: z.string(), isStatus: z.exactOptional(z.literal(true)) })),
  /** Everybody in the group but the account, where all are mentioned. */
  participants: z.exactOptional(z.array(z.string())),
  /** Of an album's picture or film: its marker, which went ahead. */
  album: z.exactOptional(z.strictObject({ commandId: z.string(), messageId: z.string() })),
  /** Of an album's marker: the command of the album as a whole. */
  partOf: z.exactOptional(z.string()),
  /** Of a status, or what is done to one: who is sent it. */
  audience: z.exactOptional(z.array(z.string()).min(1)),
  /** `times`: how often it was forwarded by then, as far as is known; 0: it is one's own. */
  forwarded: z.exactOptional(z.strictObject({ content: contentToForward, times: z.int().min(0) })),
})
export type Known = z.infer<typeof known>

/** Of a body as it is kept, whoever wrote it. */
export const isFirstContact = (body: unknown): boolean => asFirst.safeParse(body).success

/** An album takes one turn of its account's pace, whatever is in it. */
export const isInAlbum = (body: unknown): boolean => asInAlbum.safeParse(body).success

const asInAlbum = z.object({ known: z.object({ album: z.object({ messageId: z.string() }) }) })
const asFirst = z.object({ known: z.object({ isFirst: z.literal(true) }) })
