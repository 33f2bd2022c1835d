// The message that a body names, as the read model has it; in words where it has none, or none that is still there.
import { isGroupAddress, isStatusAddress, statusChat } from '../../events/command-bodies/addresses.ts'
import { getMessage, type MessageAnswer, ownAddressesOf } from '../../projections/read-model/queries.ts'
import { refuseFields } from '../invalid-input.ts'
import type { Problem } from '../problems.ts'
import type { Of } from './complete-body.ts'

/** `chatId` null: in whichever chat. Throws Problem. */
export async function findMessage(
  { database, instanceId }: Pick<Of, 'database' | 'instanceId'>,
  { field, messageId, chatId }: { field: string; messageId: string; chatId: string | null },
): Promise<MessageAnswer> {
  const found = await getMessage(database, { instanceId, messageId, chatId })
  const there = chatId === null ? '' : ` in chat ${chatId}`
  // Changes name a message by the id that phones know.
  if (found === null || found.messageId !== messageId)
    throw refuseField(field, `the id of a message${there} that zaplog has`, JSON.stringify(messageId))
  if (found.fromMe) await demandOwn({ database, instanceId }, field, found)
  if (found.revokedAt === null) return found
  throw refuseField(
    field,
    'a message that is still there',
    `${JSON.stringify(messageId)}, deleted for everyone at ${found.revokedAt}`,
  )
}

/** What an account wrote that was linked before is nobody's of this one's chats. Throws Problem. */
async function demandOwn(
  { database, instanceId }: Pick<Of, 'database' | 'instanceId'>,
  field: string,
  { senderId, senderPn }: MessageAnswer,
) {
  const { lid, pn } = await ownAddressesOf(database, instanceId)
  const own = [lid, pn].filter(address => address !== null)
  const author = [senderId, senderPn].filter(address => address !== null)
  if (own.length === 0 || author.length === 0 || author.some(address => own.includes(address))) return
  throw refuseField(field, 'a message of the account that is linked now', `one that ${author[0]} wrote, which was linked before`)
}

/** One that is named to phones, which in a group, or of a status, takes its author, too. Throws Problem. */
export async function findNamed(
  of: Pick<Of, 'database' | 'instanceId'>,
  asked: { field: string; messageId: string; chatId: string },
): Promise<MessageAnswer> {
  const found = await findMessage(of, asked)
  const isShared = found.isGroup || isStatusAddress(asked.chatId)
  if (!isShared || found.fromMe || found.senderId !== null) return found
  const { field, messageId } = asked
  throw refuseField(field, 'a message whose author zaplog knows', `${JSON.stringify(messageId)}, whose author is not known`)
}

/** Of a person also a status, which is answered in the chat with them. Throws Problem. */
export async function findQuoted(
  of: Pick<Of, 'database' | 'instanceId'>,
  asked: { field: string; messageId: string; chatId: string },
): Promise<MessageAnswer> {
  const { instanceId, database } = of
  const { messageId, chatId } = asked
  const isThere = async (where: string) => (await getMessage(database, { instanceId, messageId, chatId: where })) !== null
  if (isGroupAddress(chatId) || (await isThere(chatId)) || !(await isThere(statusChat))) return findNamed(of, asked)
  const status = await findNamed(of, { ...asked, chatId: statusChat })
  if ([status.senderId, status.senderPn].includes(chatId)) return status
  throw refuseField(asked.field, `a status of ${chatId}`, `one of ${status.senderId ?? 'somebody else'}`)
}

/** Of a body: 422, where `expected` and `received` say what stands against `field`. */
export const refuseField = (field: string, expected: string, received: string): Problem =>
  refuseFields('pointer', [{ pointer: `/${field}`, expected, received }])
