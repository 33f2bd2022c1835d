// What is asked of an account about a channel.
import { z } from 'zod'
import { chatAddress } from '../chat-address.ts'
import { type ActionDeps, routeAction } from '../commands/action-routes.ts'
import type { App } from '../create-app.ts'

const ofChannel = z.object({
  channelId: chatAddress
    .refine(address => address.endsWith('@newsletter'), { error: 'expected a channel: …@newsletter' })
    .describe('…@newsletter'),
})
const calls = [
  { method: 'PUT', what: 'follow', operation: 'channel.follow', on: true, summary: 'Follow a channel' },
  { method: 'DELETE', what: 'follow', operation: 'channel.follow', on: false, summary: 'Follow a channel no longer' },
  { method: 'PUT', what: 'mute', operation: 'channel.mute', on: true, summary: 'Mute a channel' },
  { method: 'DELETE', what: 'mute', operation: 'channel.mute', on: false, summary: 'Mute a channel no longer' },
] as const

/** Whether there is such a channel WhatsApp alone knows. */
export function channelActionRoutes(app: App, deps: ActionDeps): void {
  for (const { what, on, ...call } of calls)
    routeAction(app, deps, {
      ...call,
      url: `/channels/:channelId/${what}`,
      tag: 'channels',
      params: ofChannel,
      body: z.undefined(),
      complete: async ({ params: { channelId } }) => ({ body: { channelId, on }, chatId: channelId, notAfter: null }),
    })
}
