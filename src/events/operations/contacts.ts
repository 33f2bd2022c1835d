// What is asked of an account about a person.
import { z } from 'zod'
import { personId } from '../command-bodies/addresses.ts'

const ofPerson = { personId: personId.describe('who') }

export const contactName = {
  name: z.string().trim().min(1).max(250).describe('as the address book has it'),
  firstName: z.exactOptional(z.string().trim().min(1).max(250).describe('left out: the first word of the name')),
  onPhone: z.boolean().default(true).describe('whether the phone’s own address book takes it, too'),
}

export const contactOperations = {
  'contact.block': z.strictObject({
    ...ofPerson,
    on: z.boolean().describe('false: no longer'),
  }),
  'contact.remove': z.strictObject(ofPerson),
  'contact.save': z.strictObject({ ...ofPerson, ...contactName }),
} as const
