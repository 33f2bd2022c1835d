// What is asked of an account about a person.
import { z } from 'zod'
import { personId } from '../command-bodies/addresses.ts'

export const contactOperations = {
  'contact.block': z.strictObject({
    personId: personId.describe('who'),
    on: z.boolean().describe('false: no longer'),
  }),
} as const
