// What is asked of an account about calls.
import { z } from 'zod'

export const callOperations = {
  'call.reject': z.strictObject({
    callId: z.string().min(1),
    callerId: z.string().min(1),
    groupId: z.exactOptional(z.string().min(1)).describe('the group that is called'),
  }),
} as const
