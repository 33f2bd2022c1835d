// What is done with chats and the messages in them. A patch of the app state sets what its index names, up to the message that the command names: it
// is the same done twice, and read back by patch-app-state.ts itself.
import type { WAPatchCreate } from '@whiskeysockets/baileys'
import type { BodyOf, Operation } from '../../events/operations.ts'
import type { Acting } from '../socket/acting.ts'
import type { Action } from './action.ts'
import { changesOf, clearPatch, deletePatch, keyOf, readPatch, starPatch } from './chat-patches.ts'
import { hasKey, patchAppState } from './patch-app-state.ts'
import { takeSteps } from './take-steps.ts'

export const patching = <Name extends Operation>(
  patchOf: (body: BodyOf<Name>, at: number) => WAPatchCreate,
): Action<BodyOf<Name>> => ({
  pace: 'marks',
  perform: async (acting, body, at) => {
    await patchAppState(acting, patchOf(body, at))
    return null
  },
  afterSilence: 'again',
})

const change: Action<BodyOf<'chat.change'>> = {
  pace: 'marks',
  perform: async (acting, body, at) => {
    await takeSteps(changesOf(body, at).map(({ name, patch }) => ({ name, take: () => patchAppState(acting, patch) })))
    return null
  },
  afterSilence: 'again',
}

/** Receipts say the same each time. */
const read: Action<BodyOf<'chat.read'>> = {
  pace: 'marks',
  perform: async (acting, { chatId, messages, last }, at) => {
    if (messages.length > 0) await acting.readMessages(messages.map(message => keyOf(chatId, message)))
    const isMarked = await markRead(acting, readPatch({ chatId, last, isRead: true }, at), messages.length === 0)
    return { messages: messages.length, marked: isMarked }
  },
  afterSilence: 'again',
}

/** Of it the setting of read receipts keeps nothing back, as on phones. */
const played: Action<BodyOf<'chat.played'>> = {
  pace: 'marks',
  perform: async (acting, { chatId, messages }) => {
    const keys = messages.map(message => keyOf(chatId, message))
    await acting.sendReceipts(keys, 'played')
    await untilHeard(acting)
    return { messages: messages.length }
  },
  afterSilence: 'again',
}

/** Receipts are not answered one by one: what is asked after them is answered after them. */
const untilHeard = (acting: Acting): Promise<unknown> => acting.fetchPrivacySettings(true)

/** That the chat is marked unread no longer. `isAll`: there is nothing else to do, so that it is refused without the phone's key. */
async function markRead(acting: Acting, patch: WAPatchCreate, isAll: boolean): Promise<boolean> {
  if (isAll || hasKey(acting)) {
    await patchAppState(acting, patch)
    return true
  }
  await untilHeard(acting)
  return false
}

/** Its answer is history, which is in the log once however often it is told. */
const history: Action<BodyOf<'chat.history'>> = {
  pace: 'changes',
  perform: async (acting, { chatId, count, oldest }) => ({
    requestId: await acting.fetchMessageHistory(count, keyOf(chatId, oldest), oldest.at),
  }),
  afterSilence: 'again',
}

export const chatActions = {
  'chat.change': change,
  'chat.clear': patching<'chat.clear'>(clearPatch),
  'chat.delete': patching<'chat.delete'>(deletePatch),
  'chat.history': history,
  'chat.played': played,
  'chat.read': read,
  'message.star': patching<'message.star'>(starPatch),
}
