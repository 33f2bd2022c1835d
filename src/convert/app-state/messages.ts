// What the account did with a message for itself alone: from Baileys' messages.update, as far as it is a star, and messages.delete. Baileys
// leaves out who sent the message in a group (processSyncAction in lib/Utils/chat-utils.js).
import { bareJid, isGroup } from '../jid.ts'
import { envelope, flagOf, type Item, inChat, itemOf, type Read, readList, type Said, type Telling, textOf } from './said.ts'

export const readMessageUpdates = (payload: unknown): Read =>
  readList(payload, item => {
    const { starred, ...rest } = itemOf(item.update)
    const key = keyOf(item.key)
    const on = flagOf(starred)
    if (key === null || on === null) return { said: [], rest: item }
    const said: Said = {
      ...stateOf('star', key, { on }),
      event: (_differing, of) => ({ ...envelope('message.starred', of), ...target(key, of), on }),
    }
    return { said: [said], rest: Object.keys(rest).length === 0 ? undefined : { key: item.key, update: rest } }
  })

/** {keys}. Of a chat that was emptied Baileys tells nothing: it has no word for clearChatAction (processSyncAction). */
export function readMessageDeletions(payload: unknown): Read {
  const { keys } = itemOf(payload)
  const { said, rest } = readList(keys, item => {
    const key = keyOf(item)
    return key === null ? { said: [], rest: item } : { said: [deletedSaid(key)], rest: undefined }
  })
  if (said.length === 0) return { said, rest: payload }
  return { said, rest: rest === undefined ? undefined : { keys: rest } }
}

const deletedSaid = (key: Key): Said => ({
  ...stateOf('message deleted', key, { deleted: true }),
  event: (_differing, of) => ({ ...envelope('message.deleted', of), ...target(key, of) }),
})

type Key = { chat: string; messageId: string; fromMe: boolean }

function keyOf(value: unknown): Key | null {
  const { remoteJid, id, fromMe }: Item = itemOf(value)
  const [chat, messageId] = [textOf(remoteJid), textOf(id)]
  return chat === null || messageId === null ? null : { chat, messageId, fromMe: fromMe === true }
}

const stateOf = (entity: string, { chat, messageId, fromMe }: Key, fields: Said['fields']) => ({
  entity,
  id: JSON.stringify([bareJid(chat), messageId, fromMe]),
  fields,
  about: chat,
})

const target = ({ chat, messageId, fromMe }: Key, of: Telling) => ({
  ...inChat(of),
  targetMessageId: messageId,
  targetSenderId: fromMe ? of.ownId : null,
  isGroup: isGroup(chat),
})
