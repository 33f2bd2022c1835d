// How the account has a chat, by the conversation of a history: of chat.updated what is said there. Pure.
import type { proto } from '@whiskeysockets/baileys'
import type { ChatUpdated } from '../../events/event.ts'
import { intOf, numberOf } from '../kinds/body.ts'

type State = Partial<Pick<ChatUpdated, 'archived' | 'muted' | 'mutedUntil' | 'pinned' | 'unread' | 'locked' | 'expiresInSeconds'>>

/** `isTimed`: a timer is the chat's own; a group's is part of what the group is. `toldAt`: when the history was told, in epoch milliseconds. */
export function chatState(conversation: proto.IConversation, of: { isTimed: boolean; toldAt: number }): State {
  const { archived, pinned, locked, muteEndTime, ephemeralExpiration } = conversation
  return {
    archived: archived ?? null,
    ...(muteEndTime != null && mutedUntil(numberOf(muteEndTime), of.toldAt)),
    pinned: pinned == null ? null : pinned > 0,
    unread: unreadOf(conversation),
    locked: locked ?? null,
    expiresInSeconds: of.isTimed ? intOf(ephemeralExpiration) : null,
  }
}

/** What is unread by its messages was not marked as that, and not read elsewhere either. */
function unreadOf({ markedAsUnread, unreadCount }: proto.IConversation): boolean | null {
  if (markedAsUnread == null) return null
  return markedAsUnread ? true : unreadCount ? null : false
}

/** Milliseconds of the year 2009, before which there is no WhatsApp, and of 2200; seconds of either are less. */
const [earliestMs, latestMs] = [Date.UTC(2009, 0, 1), Date.UTC(2200, 0, 1)]

/** In seconds or milliseconds: phones differ. 0, or what is over: not muted. null, beyond what a number holds, or no such instant: for ever. */
function mutedUntil(until: number | null, toldAt: number): State {
  if (until === 0) return { muted: false }
  const untilMs = until !== null && until < earliestMs ? until * 1000 : until
  if (untilMs === null || untilMs < earliestMs || untilMs > latestMs) return { muted: true }
  return untilMs > toldAt ? { muted: true, mutedUntil: untilMs } : { muted: false }
}
