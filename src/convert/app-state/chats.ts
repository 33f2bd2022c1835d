// What the account did with a chat: from Baileys' chats.update, chats.lock and chats.delete (processSyncAction in lib/Utils/chat-utils.js).
import { bareJid, isGroup } from '../jid.ts'
import { envelope, flagOf, inChat, itemOf, type Read, readList, type Said, textOf } from './said.ts'

/** Milliseconds of the year 2009, before which there is no WhatsApp, and of 2200. */
const [earliestMs, latestMs] = [Date.UTC(2009, 0, 1), Date.UTC(2200, 0, 1)]

/** Counts of messages that came, and timers, are none of it: event-sources.ts has left them out. */
export function readChatUpdates(payload: unknown): Read {
  return readList(payload, item => {
    const { id, archived, pinned, muteEndTime, unreadCount, conditional: _condition, ...rest } = item
    const chat = textOf(id)
    if (chat === null) return { said: [], rest: item }
    const said = chatSaid(chat, {
      archived: flagOf(archived),
      pinned: pinned === undefined ? null : pinned !== null && pinned !== 0,
      muted: muteEndTime === undefined ? null : muteOf(muteEndTime),
      unread: unreadOf(unreadCount),
    })
    return { said, rest: Object.keys(rest).length === 0 ? undefined : { id, ...rest } }
  })
}

/** {id, locked}. */
export function readChatLock(payload: unknown): Read {
  const { id, locked } = itemOf(payload)
  const chat = textOf(id)
  const isLocked = flagOf(locked)
  if (chat === null || isLocked === null) return { said: [], rest: payload }
  return { said: chatSaid(chat, { locked: isLocked }), rest: undefined }
}

/** A list of ids. */
export function readChatDeletions(payload: unknown): Read {
  if (!Array.isArray(payload)) return { said: [], rest: payload }
  const rest = payload.filter(id => textOf(id) === null)
  const said = payload.flatMap(id => (typeof id === 'string' && id !== '' ? [deletionSaid(id)] : []))
  return { said, rest: rest.length === 0 ? undefined : rest }
}

const deletionSaid = (chat: string): Said => ({
  entity: 'chat deleted',
  id: bareJid(chat),
  fields: { deleted: true },
  undone: ['deleted'],
  about: chat,
  event: (_differing, of) => ({
    ...envelope('chat.deleted', of),
    ...inChat(of),
    cleared: false,
    isGroup: isGroup(chat),
  }),
})

type ChatFields = {
  archived?: boolean | null
  pinned?: boolean | null
  muted?: Muted | null
  unread?: boolean | null
  locked?: boolean
}
type Muted = { on: boolean; untilAt: number | null }

function chatSaid(chat: string, fields: ChatFields): readonly Said[] {
  if (Object.values(fields).every(value => value === null)) return []
  const event: Said['event'] = (differing, of) => {
    const { archived, pinned, muted, unread, locked }: ChatFields = differing
    return {
      ...envelope('chat.updated', of),
      ...inChat(of),
      archived: archived ?? null,
      muted: muted?.on ?? null,
      mutedUntil: muted?.untilAt ?? null,
      pinned: pinned ?? null,
      unread: unread ?? null,
      locked: locked ?? null,
      isGroup: isGroup(chat),
    }
  }
  // A message that comes brings a chat back from the archive, and is unread.
  return [{ entity: 'chat', id: bareJid(chat), fields, undone: ['archived', 'unread'], about: chat, event }]
}

/** null: no longer muted; -1 and 0: for ever; otherwise epoch milliseconds. */
function muteOf(until: unknown): Muted {
  if (until === null) return { on: false, untilAt: null }
  const isInstant = typeof until === 'number' && until >= earliestMs && until <= latestMs
  return { on: true, untilAt: isInstant ? Math.trunc(until) : null }
}

/** 0: read elsewhere; -1: marked unread. */
const unreadOf = (count: unknown): boolean | null => (count === 0 ? false : count === -1 ? true : null)
