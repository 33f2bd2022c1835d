// What a client may ask of an account besides a message: the name of each operation, as command.accepted has it, and the shape of its body. Each
// house has its own file; how each is done is in src/producers/actions.
import type { z } from 'zod'
import { timer } from './command-bodies/timer.ts'
import { callOperations } from './operations/calls.ts'
import { channelOperations } from './operations/channels.ts'
import { chatOperations } from './operations/chats.ts'
import { contactOperations } from './operations/contacts.ts'
import { groupOperations } from './operations/groups.ts'
import { labelOperations } from './operations/labels.ts'
import { presenceOperations } from './operations/presences.ts'
import { profileOperations } from './operations/profile.ts'

export const operations = {
  ...callOperations,
  ...channelOperations,
  ...chatOperations,
  ...contactOperations,
  ...groupOperations,
  ...labelOperations,
  ...presenceOperations,
  ...profileOperations,
} as const satisfies Readonly<Record<string, z.ZodObject>>

export type Operation = keyof typeof operations

/** What becomes a message, whose body events/command-bodies.ts has. */
export const messageOperation = 'message.send'

/** An album as a whole, which is over once all that is in it is; its parts are messages. */
export const albumOperation = 'album.send'

/** What goes out as a message as well, under an id of its own, though nobody writes it. */
export const sentOperations = { 'chat.timer': timer } as const
/** As it is kept. */
export type SentBody = z.infer<(typeof sentOperations)[keyof typeof sentOperations]>

export type AskedOperation = Operation | keyof typeof sentOperations
/** As it is kept, and carried out. */
export type BodyOf<Name extends AskedOperation> = z.infer<(typeof operations & typeof sentOperations)[Name]>

export const isOperation = (name: string): name is Operation => Object.hasOwn(operations, name)
/** What has an id at WhatsApp, so that to send it again is to send it once. */
export const isSent = (name: string): boolean => name === messageOperation || Object.hasOwn(sentOperations, name)
