// What is asked of an account about channels.
import { z } from 'zod'

const channelId = z.string().min(1).max(256).describe('…@newsletter')
const on = z.boolean().describe('false: no longer')

export const channelOperations = {
  'channel.follow': z.strictObject({ channelId, on }),
  'channel.mute': z.strictObject({ channelId, on }),
} as const
