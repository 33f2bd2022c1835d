// {status: read}: the message is read in its chat, and, where it is asked for, the account is shown as typing there.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { getMessage } from '../../projections/read-model/queries.ts'
import type { ActionDeps } from '../commands/action-routes.ts'
import { type AskedAction, doAll } from '../commands/ask-for.ts'
import { keyOf, type WaitDeps, waitingFor } from '../dialect.ts'
import { parseInput, refuseFields } from '../invalid-input.ts'
import { readMark } from './message-body.ts'

type Asked = { instanceId: string; request: FastifyRequest; reply: FastifyReply }

/** Throws Problem. */
export async function markRead(deps: ActionDeps & WaitDeps, { instanceId, request, reply }: Asked): Promise<{ success: true }> {
  const { message_id: messageId, typing_indicator: typing } = parseInput(readMark, request.body)
  const chatId = await chatOf(deps, { instanceId, messageId })
  const of = { instanceId, key: keyOf(request), params: { chatId } }
  const until = waitingFor(reply, deps)
  const read = { ...of, call: 'POST /chats/:chatId/read', body: { messageIds: [messageId] } }
  await doAll(deps, typing === undefined ? [read] : [read, typingIn(of)], until)
  return { success: true }
}

/** No client's key has a line break. */
const typingIn = (of: Omit<AskedAction, 'call'>): AskedAction => ({
  ...{ ...of, key: `${of.key}\ntyping`, call: 'PUT /chats/:chatId/typing', body: { state: 'composing' } },
})

async function chatOf({ database }: ActionDeps, of: { instanceId: string; messageId: string }): Promise<string> {
  const found = await getMessage(database, { ...of, chatId: null })
  if (found?.chatId != null && !found.fromMe) return found.chatId
  const expected = 'the id of a message that the account received'
  throw refuseFields('pointer', [{ pointer: '/message_id', expected, received: JSON.stringify(of.messageId) }])
}
