// What a client may ask of an account besides a message: the name of each operation, as command.accepted has it, and the shape of its body. Each
// house has its own file; how each is done is in src/producers/actions.
import type { z } from 'zod'
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
/** As it is kept, and carried out. */
export type BodyOf<Name extends Operation> = z.infer<(typeof operations)[Name]>

/** What becomes a message, whose body events/command-bodies.ts has. */
export const messageOperation = 'message.send'

/** An album as a whole, which is over once all that is in it is; its parts are messages. */
export const albumOperation = 'album.send'

export const isOperation = (name: string): name is Operation => Object.hasOwn(operations, name)
