// What the phone's history says of a chat besides its messages (WAProto Conversation): names, addresses, how it is kept, who is in a group.
import { proto } from '@whiskeysockets/baileys'
import type { Contact, Group } from '../accounts.ts'
import { addressOf, chatIdOf, seconds } from './history-message.ts'

/** Only what is given is said; times are epoch milliseconds. */
export type HistoryChat = {
  chat: Contact | Group
  /** Under its phone number, the LID beside it; also all messages in it. */
  pnAddressed?: boolean
  /** A person's, as the address book of the phone has it [none]. */
  name?: string
  archived?: boolean
  pinnedAtMs?: number
  /** null: for ever. */
  mutedUntilMs?: number | null
  unreadCount?: number
  markedUnread?: boolean
  locked?: boolean
  expiresInSeconds?: number
  /** Of a group. */
  description?: string
  createdAtMs?: number
  createdBy?: Contact
  parentGroupId?: string
  /** The phone has nothing older [not said]. */
  isComplete?: boolean
}

const { COMPLETE_AND_NO_MORE_MESSAGE_REMAIN_ON_PRIMARY } = proto.Conversation.EndOfHistoryTransferType
/** All bits of a uint64. */
const forEver = -1

/** Without its id and messages. */
export function conversationOf({ chat, ...said }: HistoryChat, newestAtMs: number | null): proto.IConversation {
  const { archived, pinnedAtMs, mutedUntilMs, unreadCount, markedUnread, locked, expiresInSeconds, isComplete } = said
  const newest = newestAtMs === null ? null : seconds(newestAtMs)
  return {
    ...(newest !== null && { lastMsgTimestamp: newest, conversationTimestamp: newest }),
    ...('members' in chat ? groupOf(chat, said) : personOf(chat, said)),
    ...(archived !== undefined && { archived }),
    ...(pinnedAtMs !== undefined && { pinned: seconds(pinnedAtMs) }),
    ...(mutedUntilMs !== undefined && { muteEndTime: mutedUntilMs === null ? forEver : seconds(mutedUntilMs) }),
    ...(unreadCount !== undefined && { unreadCount }),
    ...(markedUnread !== undefined && { markedAsUnread: markedUnread }),
    ...(locked !== undefined && { locked }),
    ...(expiresInSeconds !== undefined && { ephemeralExpiration: expiresInSeconds }),
    ...(isComplete && { endOfHistoryTransfer: true, endOfHistoryTransferType: COMPLETE_AND_NO_MORE_MESSAGE_REMAIN_ON_PRIMARY }),
  }
}

type Said = Omit<HistoryChat, 'chat'>

const personOf = (contact: Contact, { pnAddressed = false, name }: Said): proto.IConversation => ({
  ...(pnAddressed ? { lidJid: contact.lidJid } : { pnJid: contact.pnJid }),
  ...(name !== undefined && { name }),
  displayName: name ?? contact.name,
})

const { REGULAR, ADMIN } = proto.GroupParticipant.Rank

const groupOf = ({ subject, members, admins }: Group, said: Said): proto.IConversation => ({
  name: subject,
  participant: members.map(member => ({
    userJid: addressOf(member, said.pnAddressed),
    rank: admins.includes(member.lidJid) ? ADMIN : REGULAR,
  })),
  ...(said.description !== undefined && { description: said.description }),
  ...(said.createdAtMs !== undefined && { createdAt: seconds(said.createdAtMs) }),
  ...(said.createdBy !== undefined && { createdBy: addressOf(said.createdBy, said.pnAddressed) }),
  ...(said.parentGroupId !== undefined && { parentGroupId: said.parentGroupId }),
})

export const idOf = ({ chat, pnAddressed }: Pick<HistoryChat, 'chat' | 'pnAddressed'>): string => chatIdOf(chat, pnAddressed)
