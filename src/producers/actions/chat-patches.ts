// The patch that each change of a chat becomes: index, collection and version as phones write them (whatsmeow appstate/encode.go). Pure.
import { proto, type WAPatchCreate } from '@whiskeysockets/baileys'
import type { NamedMessage } from '../../events/operations/chats.ts'
import type { BodyOf } from '../../events/operations.ts'

const { SET } = proto.SyncdMutation.SyncdOperation

type Value = proto.ISyncActionValue
type Place = Pick<WAPatchCreate, 'type' | 'apiVersion' | 'index'>

/** `at`: epoch ms. */
const patch = (place: Place, value: Value, at: number): WAPatchCreate => ({
  ...place,
  syncAction: { ...value, timestamp: at },
  operation: SET,
})

export type NamedPatch = { name: 'pinned' | 'archived' | 'muted' | 'unread'; patch: WAPatchCreate }

/** One after the other: what archives a chat unpins it first, as phones do. */
export function changesOf(body: BodyOf<'chat.change'>, at: number): readonly NamedPatch[] {
  const { chatId, archived, muted, unread, last } = body
  const pinned = body.pinned ?? (archived === true ? false : undefined)
  return [
    ...(pinned === undefined ? [] : [{ name: 'pinned' as const, patch: pinPatch(chatId, pinned, at) }]),
    ...(archived === undefined ? [] : [{ name: 'archived' as const, patch: archivePatch(chatId, archived, last, at) }]),
    ...(muted === undefined ? [] : [{ name: 'muted' as const, patch: mutePatch(chatId, muted, at) }]),
    ...(unread === undefined ? [] : [{ name: 'unread' as const, patch: readPatch({ chatId, isRead: !unread, last }, at) }]),
  ]
}

export const readPatch = (
  { chatId, isRead, last }: { chatId: string; isRead: boolean; last: NamedMessage | null },
  at: number,
): WAPatchCreate =>
  patch(
    place('regular_low', 3, 'markChatAsRead', chatId),
    { markChatAsReadAction: { read: isRead, messageRange: rangeTo(chatId, last) } },
    at,
  )

/** Starred messages go, too; files stay with the phone. */
export const clearPatch = ({ chatId, last }: BodyOf<'chat.clear'>, at: number): WAPatchCreate =>
  patch(place('regular_high', 6, 'clearChat', chatId, '1', '0'), { clearChatAction: { messageRange: rangeTo(chatId, last) } }, at)

export const deletePatch = ({ chatId, last }: BodyOf<'chat.delete'>, at: number): WAPatchCreate =>
  patch(place('regular_high', 6, 'deleteChat', chatId, '1'), { deleteChatAction: { messageRange: rangeTo(chatId, last) } }, at)

export const starPatch = ({ chatId, message, on }: BodyOf<'message.star'>, at: number): WAPatchCreate =>
  patch(
    place('regular_high', 2, 'star', chatId, message.messageId, message.fromMe ? '1' : '0', message.senderId ?? '0'),
    { starAction: { starred: on } },
    at,
  )

export const labelPatch = ({ labelId, name, color, deleted }: BodyOf<'label.change'>, at: number): WAPatchCreate =>
  patch(place('regular', 3, 'label_edit', labelId), { labelEditAction: { name, color, deleted } }, at)

export const chatLabelPatch = ({ chatId, labelId, on }: BodyOf<'chat.label'>, at: number): WAPatchCreate =>
  patch(place('regular', 3, 'label_jid', labelId, chatId), { labelAssociationAction: { labeled: on } }, at)

const place = (type: WAPatchCreate['type'], apiVersion: number, ...index: string[]): Place => ({ type, apiVersion, index })

const pinPatch = (chatId: string, pinned: boolean, at: number): WAPatchCreate =>
  patch(place('regular_low', 5, 'pin_v1', chatId), { pinAction: { pinned } }, at)

const archivePatch = (chatId: string, archived: boolean, last: NamedMessage | null, at: number): WAPatchCreate =>
  patch(place('regular_low', 3, 'archive', chatId), { archiveChatAction: { archived, messageRange: rangeTo(chatId, last) } }, at)

/** For ever is -1. */
const mutePatch = (chatId: string, { on, until }: { on: boolean; until: number | null }, at: number): WAPatchCreate =>
  patch(place('regular_high', 2, 'mute', chatId), { muteAction: { muted: on, muteEndTimestamp: on ? (until ?? -1) : null } }, at)

export const keyOf = (chatId: string, { messageId, fromMe, senderId }: NamedMessage) => ({
  ...{ remoteJid: chatId, id: messageId, fromMe },
  ...(senderId !== null && { participant: senderId }),
})

/** Phones compare in whole seconds. */
function rangeTo(chatId: string, last: NamedMessage | null): proto.SyncActionValue.ISyncActionMessageRange | null {
  if (last === null) return null
  const seconds = Math.floor(last.at / 1000)
  return { lastMessageTimestamp: seconds, messages: [{ key: keyOf(chatId, last), timestamp: seconds }] }
}
