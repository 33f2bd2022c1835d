// What only WhatsApp knows of a number, a person, a group or the account itself, and an account reads through its socket: each kind with the shape of its answer.
import { z } from 'zod'
import type { PrivacySetting } from '../events/operations/profile.ts'

const text = z.string().nullable()
const at = z.string().nullable()
const who = (what: string) => text.describe(`${what}, in the words of PATCH …/privacy; null: WhatsApp does not say`)

const picture = z.object({
  pictureId: text.describe('another one with each picture'),
  url: z.string().describe('WhatsApp’s own, without a key, for some days at most'),
})

/** What is not about anybody else. */
export const theAccount = 'the account'

/** Kept answers are read with these, and whoever holds the account may be of an earlier version: what is added has a default. */
export const socketAnswers = {
  about: z.object({
    about: text.describe('null: there is none, or the account may not see it'),
    setAt: at.describe('null: WhatsApp does not say'),
  }),
  blocklist: z.object({
    contacts: z
      .array(z.object({ id: z.string(), pn: text.describe('null: the account does not know it') }))
      .describe('who is blocked'),
  }),
  business: z.object({
    isBusiness: z.boolean(),
    description: text,
    category: text,
    address: text,
    email: text,
    websites: z.array(z.string()),
  }),
  group: z.object({
    subject: text,
    description: text.describe('"": none'),
    ownerId: text,
    ownerPn: text,
    createdAt: at,
    announce: z.boolean(),
    restrict: z.boolean(),
    memberAdd: z.boolean(),
    expiresInSeconds: z.int(),
    isCommunity: z.boolean(),
    parentGroupId: text.describe('null: it is in no community'),
    participants: z.array(z.object({ id: z.string(), pn: text, role: text.describe('null: a member') })),
  }),
  number: z.object({
    onWhatsApp: z.boolean(),
    id: text.describe('as chats call the person: the LID where WhatsApp says it'),
    pn: text.describe('of the number that WhatsApp has for it, which may be written otherwise, as in Brazil'),
  }),
  picture,
  'picture-preview': picture,
  privacy: z.object({
    lastSeen: who('who sees when the account was online last'),
    online: who('who sees that it is online'),
    picture: who('who sees its picture'),
    about: who('who sees its words'),
    readReceipts: who('whether others see what it has read'),
    groupsAdd: who('who adds it to groups'),
    callsAdd: who('whose calls ring'),
    defaultExpiresInSeconds: z
      .int()
      .nullable()
      .default(null)
      .describe('the timer that new chats begin with; 0: none; null: WhatsApp does not say'),
  } satisfies Record<PrivacySetting | 'defaultExpiresInSeconds', z.ZodType>),
} as const

export type SocketRead = keyof typeof socketAnswers
export type SaidOf<Kind extends SocketRead> = z.infer<(typeof socketAnswers)[Kind]>

/** How old an answer may be for whoever says nothing of it. */
export const defaultMaxAgeSeconds: Readonly<Record<SocketRead, number>> = {
  about: 3_600,
  blocklist: 60,
  business: 3_600,
  group: 60,
  number: 86_400,
  picture: 3_600,
  'picture-preview': 3_600,
  privacy: 60,
}
