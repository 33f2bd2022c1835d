// What is done about channels. Who follows one or mutes it twice has done so once.
import type { BodyOf } from '../../events/operations.ts'
import type { Action } from './action.ts'
import { refusalIn } from './refusal.ts'

const follow: Action<BodyOf<'channel.follow'>> = {
  pace: 'marks',
  perform: async (acting, { channelId, on }) => {
    await (on ? acting.newsletterFollow(channelId) : acting.newsletterUnfollow(channelId)).catch(rethrow)
    return null
  },
  afterSilence: 'again',
}

const mute: Action<BodyOf<'channel.mute'>> = {
  pace: 'marks',
  perform: async (acting, { channelId, on }) => {
    await (on ? acting.newsletterMute(channelId) : acting.newsletterUnmute(channelId)).catch(rethrow)
    return null
  },
  afterSilence: 'again',
}

/** GraphQL's refusal has its code elsewhere than an iq's (executeWMexQuery in lib/Socket/mex.js). */
function rethrow(error: unknown): never {
  const code = codeOfGraphQl(error)
  if (code === null) throw error
  throw refusalIn(Object.assign(new Error('changing a channel', { cause: error }), { data: code }), meanings)
}

const meanings = { '404': { reason: 'refused', text: 'WhatsApp knows no such channel.' } } as const

function codeOfGraphQl(error: unknown): number | null {
  if (!isObject(error) || !isObject(error.data) || !isObject(error.data.extensions)) return null
  const { error_code: code } = error.data.extensions
  return typeof code === 'number' ? code : null
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

export const channelActions = { 'channel.follow': follow, 'channel.mute': mute }
