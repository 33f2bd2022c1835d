// What is done about who is there. None of it is answered, or kept by WhatsApp for longer than its connection.
import type { BodyOf } from '../../events/operations.ts'
import type { Acting } from '../socket/acting.ts'
import type { Action } from './action.ts'
import { ActionRefused } from './refusal.ts'

const set: Action<BodyOf<'presence.set'>> = {
  pace: 'marks',
  perform: async (acting, { online }) => {
    // Baileys says nothing then, not even that it did not.
    if (!acting.authState.creds.me?.name) throw new ActionRefused('The phone has not told the name of the account yet.')
    await acting.sendPresenceUpdate(online ? 'available' : 'unavailable')
    return null
  },
  // It was for a moment that may be over.
  afterSilence: 'unknown',
}

const typing: Action<BodyOf<'chat.typing'>> = {
  pace: 'marks',
  perform: async (acting, { chatId, state }) => {
    await acting.sendPresenceUpdate(state, chatId)
    return null
  },
  afterSilence: 'unknown',
}

const subscribe: Action<BodyOf<'presence.subscribe'>> = {
  pace: 'marks',
  perform: async (acting, { chatId, on }) => {
    await (on ? acting.presenceSubscribe(chatId) : unsubscribe(acting, chatId))
    return null
  },
  // Asked for twice it is asked for once.
  afterSilence: 'again',
}

/** As `presenceSubscribe` of lib/Socket/chats.js, which has no counterpart. */
const unsubscribe = (acting: Acting, chatId: string): Promise<void> =>
  acting.sendNode({ tag: 'presence', attrs: { to: chatId, id: acting.generateMessageTag(), type: 'unsubscribe' } })

export const presenceActions = { 'presence.set': set, 'presence.subscribe': subscribe, 'chat.typing': typing }
