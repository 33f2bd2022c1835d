// What somebody does on the phone that ends in the app state, and the mutation that each becomes (whatsmeow appstate/encode.go; index, collection and
// version as the phone writes them).
import type { proto } from '@whiskeysockets/baileys'
import type { Mutation } from './collection.ts'

/** `chat` and `jid`: a JID. Where there is an `on`, false takes it back. */
export type PhoneAction =
  | { kind: 'archive' | 'pin' | 'lock' | 'markUnread'; chat: string; on: boolean }
  /** Epoch milliseconds; null: for ever. */
  | { kind: 'mute'; chat: string; on: boolean; untilMs?: number | null }
  | { kind: 'deleteChat' | 'clearChat'; chat: string }
  /** `author`: who wrote it, in a group. */
  | { kind: 'star'; chat: string; messageId: string; fromMe: boolean; author?: string; on: boolean }
  | { kind: 'deleteMessage'; chat: string; messageId: string; fromMe: boolean; author?: string }
  /** An entry of the address book; null: removed. */
  | { kind: 'contact'; jid: string; lid?: string; name: string | null }
  | { kind: 'label'; id: string; name: string; color?: number; isDeleted?: boolean }
  /** Of a chat, or of a message in it. */
  | { kind: 'giveLabel'; id: string; chat: string; messageId?: string; on: boolean }

export type Placed = { collection: string; mutation: Mutation }

export function placeAction(action: PhoneAction): Placed {
  switch (action.kind) {
    case 'archive':
      return place('regular_low', 3, ['archive', action.chat], { archiveChatAction: { archived: action.on } })
    case 'pin':
      return place('regular_low', 5, ['pin_v1', action.chat], { pinAction: { pinned: action.on } })
    case 'lock':
      return place('regular_low', 7, ['lock', action.chat], { lockChatAction: { locked: action.on } })
    case 'markUnread':
      return place('regular_low', 3, ['markChatAsRead', action.chat], { markChatAsReadAction: { read: !action.on } })
    case 'mute': {
      const muteEndTimestamp = action.on ? (action.untilMs ?? -1) : null
      return place('regular_high', 2, ['mute', action.chat], { muteAction: { muted: action.on, muteEndTimestamp } })
    }
    case 'deleteChat':
      return place('regular_high', 6, ['deleteChat', action.chat, '1'], { deleteChatAction: {} })
    case 'clearChat':
      return place('regular_high', 6, ['clearChat', action.chat, '1', '0'], { clearChatAction: {} })
    case 'star':
      return place('regular_high', 2, ['star', ...keyOf(action)], { starAction: { starred: action.on } })
    case 'deleteMessage':
      return place('regular_high', 3, ['deleteMessageForMe', ...keyOf(action)], {
        deleteMessageForMeAction: { deleteMedia: true },
      })
    case 'contact':
      return placeContact(action)
    case 'label': {
      const { id, name, color = 0, isDeleted = false } = action
      return place('regular', 3, ['label_edit', id], { labelEditAction: { name, color, deleted: isDeleted } })
    }
    case 'giveLabel':
      return placeLabel(action)
  }
}

function place(collection: string, version: number, index: readonly string[], value: proto.ISyncActionValue): Placed {
  return { collection, mutation: { index, value, version } }
}

const keyOf = ({ chat, messageId, fromMe, author }: Extract<PhoneAction, { kind: 'star' | 'deleteMessage' }>) => [
  ...[chat, messageId, fromMe ? '1' : '0'],
  author ?? '0',
]

function placeContact({ jid, lid, name }: Extract<PhoneAction, { kind: 'contact' }>): Placed {
  const contactAction = { fullName: name ?? '', saveOnPrimaryAddressbook: true, ...(lid !== undefined && { lidJid: lid }) }
  const placed = place('critical_unblock_low', 2, ['contact', jid], { contactAction })
  return name === null ? { ...placed, mutation: { ...placed.mutation, isRemoved: true } } : placed
}

function placeLabel({ id, chat, messageId, on }: Extract<PhoneAction, { kind: 'giveLabel' }>): Placed {
  const index = messageId === undefined ? ['label_jid', id, chat] : ['label_message', id, chat, messageId, '0', '0']
  return place('regular', 3, index, { labelAssociationAction: { labeled: on } })
}
