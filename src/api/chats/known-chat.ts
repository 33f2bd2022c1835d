// A chat that something is asked about, as the read model has it: the address that it is called by, and its messages the way phones know them.
import type { Transaction } from '../../database/database.ts'
import type { NamedMessage } from '../../events/operations/chats.ts'
import { getGroup, getMessage, getRecipient, listMessages, type MessageAnswer } from '../../projections/read-model/queries.ts'
import { Problem } from '../problems.ts'

type Of = { instanceId: string; chatId: string }
/** `isKnown`: there is something of it, if no message. `newest`: first those that came or went last; of a group those alone whose author is known. */
export type KnownChat = { chatId: string; isKnown: boolean; newest: readonly MessageAnswer[] }

/** As many as one call reads, at most. */
const mostRead = 50

export async function findChat(database: Transaction, of: Of): Promise<KnownChat> {
  const { chatId, isKnown } = await getRecipient(database, of)
  const { instanceId } = of
  const { data } = await listMessages(database, { instanceId, chatId, limit: mostRead })
  const isThere = isKnown || (await getGroup(database, { instanceId, groupId: chatId })) !== null
  return { chatId, isKnown: isThere, newest: data.filter(isNameable) }
}

/** Throws Problem `chat-not-found` where no message of it is known. */
export async function demandChat(database: Transaction, of: Of): Promise<KnownChat & { last: NamedMessage }> {
  const chat = await findChat(database, of)
  const last = lastOf(chat)
  if (last === null) throw chatNotFound(of)
  return { ...chat, last }
}

export const chatNotFound = ({ instanceId, chatId }: Of): Problem =>
  new Problem('chat-not-found', `instance ${instanceId} knows no message of chat ${chatId}`)

export function lastOf({ newest: [newest] }: KnownChat): NamedMessage | null {
  return newest === undefined ? null : namedOf(newest)
}

/** What came since the account wrote last. */
export function cameSince({ newest }: KnownChat): readonly NamedMessage[] {
  const firstOwn = newest.findIndex(({ fromMe }) => fromMe)
  return (firstOwn === -1 ? newest : newest.slice(0, firstOwn)).map(namedOf)
}

/** By WhatsApp's id. Throws Problem `message-not-found`, also where its author is not known, whom phones name it by. */
export async function demandMessage(
  database: Transaction,
  of: { instanceId: string; messageId: string; chatId: string | null },
): Promise<MessageAnswer & { chatId: string }> {
  const found = await getMessage(database, of)
  const where = of.chatId === null ? '' : ` in chat ${of.chatId}`
  const { instanceId, messageId } = of
  if (found === null || found.messageId !== messageId || found.chatId === null)
    throw new Problem('message-not-found', `instance ${instanceId} has no message ${messageId.slice(0, 200)}${where}`)
  if (!isNameable(found))
    throw new Problem('message-not-found', `instance ${instanceId} does not know who wrote message ${messageId}${where}`)
  return { ...found, chatId: found.chatId }
}

/** Between two it is known by its id alone. */
export const namedOf = ({ messageId, fromMe, isGroup, senderId, occurredAt }: MessageAnswer): NamedMessage => ({
  ...{ messageId, fromMe },
  senderId: isGroup && !fromMe ? senderId : null,
  at: Date.parse(occurredAt),
})

const isNameable = ({ isGroup, fromMe, senderId }: MessageAnswer): boolean => !isGroup || fromMe || senderId !== null
