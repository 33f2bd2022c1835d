// What is asked of an account about a group. Fields are called as in the events that say the same.
import { z } from 'zod'
import { groupId, personId } from '../command-bodies/addresses.ts'
import { expiresInSeconds } from '../command-bodies/timer.ts'
import { picture } from './picture.ts'

/** A group has 1,024 people, the account among them. */
const maxPeople = 1_023

const participants = z.array(personId).min(1).max(maxPeople)
const of = { groupId: groupId.describe('which') }

/** As WhatsApp has it then: it takes away what surrounds it. */
const subject = z.string().trim().min(1).max(100)
const description = z.string().max(2_048)

export const groupToMake = {
  subject: subject.describe('what it is called: 1..100 characters'),
  participants: participants.describe(`who is in it, besides the account: 1..${maxPeople} people`),
  description: z.exactOptional(description).describe('what it is about'),
}

export const groupChanges = {
  subject: z.exactOptional(subject).describe('what it is called: 1..100 characters'),
  description: z.exactOptional(description).describe('what it is about; "" takes it away'),
  announce: z.exactOptional(z.boolean()).describe('true: admins alone write'),
  restrict: z.exactOptional(z.boolean()).describe('true: admins alone change what it is'),
  joinApproval: z.exactOptional(z.boolean()).describe('true: an admin lets people in'),
  memberAdd: z.exactOptional(z.boolean()).describe('true: everybody in it adds people, not admins alone'),
  expiresInSeconds: z.exactOptional(expiresInSeconds),
}
export type GroupChanges = z.infer<z.ZodObject<typeof groupChanges>>

export const peopleToChange = {
  action: z
    .enum(['add', 'remove', 'promote', 'demote'])
    .describe('add, remove; promote: they are admins from then on; demote: no longer'),
  participants: participants.describe(`whom: 1..${maxPeople} people, in any form`),
}

export const peopleToAnswer = {
  action: z.enum(['approve', 'reject']).describe('approve: they are in it from then on'),
  participants: participants.describe(`who asked: 1..${maxPeople} people, in any form`),
}

const inviteForms = 'an invite link (https://chat.whatsapp.com/…), or its code'
export const invite = z
  .string()
  .max(256)
  .transform((text, context) => {
    const code = text.trim().replace(/^(?:https?:\/\/)?chat\.whatsapp\.com\/(?:invite\/)?/i, '')
    const bare = code.replace(/[/?#].*$/, '')
    if (/^[A-Za-z0-9]{10,64}$/.test(bare)) return bare
    context.issues.push({ code: 'custom', message: `expected ${inviteForms}`, input: text })
    return z.NEVER
  })
  .describe(inviteForms)

export const groupOperations = {
  'group.create': z.strictObject({
    ...groupToMake,
    askedAt: z.int().describe('epoch ms; such a group that is older is another one'),
  }),
  'group.update': z.strictObject({ ...of, ...groupChanges }),
  'group.set-picture': z.strictObject({ ...of, image: picture.nullable().describe('null: none any more') }),
  'group.change-participants': z.strictObject({ ...of, ...peopleToChange }),
  'group.read-invite-link': z.strictObject(of),
  'group.revoke-invite-link': z.strictObject(of),
  'group.join': z.strictObject({ invite }),
  'group.leave': z.strictObject(of),
  'group.read-join-requests': z.strictObject(of),
  'group.answer-join-requests': z.strictObject({ ...of, ...peopleToAnswer }),
  'group.refresh': z.strictObject(of),
} as const
