// What is done with chats and the messages in them. A patch of the app state sets what its index names, up to the message that the command names: it
// is the same done twice, and read back by patch-app-state.ts itself.
import type { WAPatchCreate } from '@whiskeysockets/baileys'
import type { BodyOf, Operation } from '../../events/operations.ts'
import type { Acting } from '../socket/acting.ts'
import type { Action } from './action.ts'
import { changesOf, clearPatch, deletePatch, keyOf, readPatch, starPatch } from './chat-patches.ts'
import { hasKey, patchAppState } from './patch-app-state.ts'

export const patching = <Name extends Operation>(
  patchesOf: (body: BodyOf<Name>, at: number) => readonly WAPatchCreate[],
): Action<BodyOf<Name>> => ({
  pace: 'marks',
  perform: async (acting, body) => {
    for (const patch of patchesOf(body, Date.now())) await patchAppState(acting, patch)
    return null
  },
  afterSilence: 'again',
})

/** Receipts say the same each time. */
const read: Action<BodyOf<'chat.read'>> = {
  pace: 'marks',
  perform: async (acting, { chatId, messages, last }) => {
    if (messages.length > 0) await acting.readMessages(messages.map(message => keyOf(chatId, message)))
    const isMarked = await markRead(acting, { chatId, last }, messages.length === 0)
    return { messages: messages.length, marked: isMarked }
  },
  afterSilence: 'again',
}

/** That the chat is marked unread no longer. `isAll`: there is nothing else to do, so that it is refused without the phone's key. */
async function markRead(acting: Acting, of: Pick<BodyOf<'chat.read'>, 'chatId' | 'last'>, isAll: boolean): Promise<boolean> {
  if (isAll || hasKey(acting)) {
    await patchAppState(acting, readPatch({ ...of, isRead: true }, Date.now()))
    return true
  }
  // Receipts are not answered one by one: what is asked after them is answered after them.
  await acting.fetchPrivacySettings(true)
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
  'chat.change': patching<'chat.change'>(changesOf),
  'chat.clear': patching<'chat.clear'>((body, at) => [clearPatch(body, at)]),
  'chat.delete': patching<'chat.delete'>((body, at) => [deletePatch(body, at)]),
  'chat.history': history,
  'chat.read': read,
  'message.star': patching<'message.star'>((body, at) => [starPatch(body, at)]),
}
