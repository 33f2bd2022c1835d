// What is asked of an account about its chats and the messages in them.
import { z } from 'zod'
import { chatId, isGroupAddress } from '../../events/command-bodies/addresses.ts'
import { getOldestMessage, getRecipient } from '../../projections/read-model/queries.ts'
import { type ActionDeps, routeAction } from '../commands/action-routes.ts'
import type { App } from '../create-app.ts'
import { readInstance } from '../instances/read-instances.ts'
import { refuseFields } from '../invalid-input.ts'
import { Problem } from '../problems.ts'
import { chatChange, checkChange, historyOrder, playedOrder, readOrder, starOrder, timerOrder } from './chat-bodies.ts'
import { cameSince, chatNotFound, demandChat, demandMessage, findChat, lastOf, namedOf } from './known-chat.ts'
import { demandPlayable, namedIn } from './messages-that-came.ts'

const tag = 'chats'
export const ofChat = z.object({ chatId: chatId.describe('a person or a group, in any form: +55 11 90000-0011, …@lid, …@g.us') })

export function chatActionRoutes(app: App, deps: ActionDeps): void {
  routeChange(app, deps)
  routeRead(app, deps)
  routePlayed(app, deps)
  routeEmptying(app, deps)
  routeHistory(app, deps)
  routeTimer(app, deps)
  routeStar(app, deps)
}

function routeChange(app: App, deps: ActionDeps): void {
  routeAction(app, deps, {
    method: 'PATCH',
    url: '/chats/:chatId',
    summary: 'Archive, mute, pin a chat or mark it unread, on every device of the account',
    tag,
    operation: 'chat.change',
    params: ofChat,
    body: chatChange,
    complete: async ({ instanceId, params, body }) => {
      const { mutedUntil, muted: isMuted = mutedUntil !== undefined, ...rest } = checkChange(body, deps.clock())
      const chat = await findChat(deps.database, { instanceId, ...params })
      // It would be known then, and whoever is written to first no longer new.
      if (!chat.isKnown) throw chatNotFound({ instanceId, chatId: chat.chatId })
      const muted = { on: isMuted, until: mutedUntil === undefined ? null : Date.parse(mutedUntil) }
      const isAboutMute = body.muted !== undefined || mutedUntil !== undefined
      return {
        body: { chatId: chat.chatId, ...rest, ...(isAboutMute && { muted }), last: lastOf(chat) },
        ...{ chatId: chat.chatId, notAfter: null },
      }
    },
  })
}

function routeRead(app: App, deps: ActionDeps): void {
  const { database } = deps
  routeAction(app, deps, {
    method: 'POST',
    url: '/chats/:chatId/read',
    summary: 'Read messages of a chat: who wrote them sees it, where the account tells of what it reads',
    tag,
    operation: 'chat.read',
    params: ofChat,
    body: readOrder,
    result: { messages: 3, marked: true },
    complete: async ({ instanceId, params, body }) => {
      const { messageIds } = body ?? {}
      const chat = await demandChat(database, { instanceId, ...params })
      const all = messageIds === undefined ? cameSince(chat) : await namedIn(database, { ...chat, instanceId, messageIds })
      return { body: { chatId: chat.chatId, messages: [...all], last: chat.last }, chatId: chat.chatId, notAfter: null }
    },
  })
}

function routePlayed(app: App, deps: ActionDeps): void {
  const { database } = deps
  routeAction(app, deps, {
    method: 'POST',
    url: '/chats/:chatId/played',
    summary: 'Mark voice notes, round videos and what is viewed once as played: who sent them sees it',
    tag,
    operation: 'chat.played',
    params: ofChat,
    body: playedOrder,
    complete: async ({ instanceId, params, body: { messageIds } }) => {
      const { chatId: id } = await getRecipient(database, { instanceId, ...params })
      const messages = await namedIn(database, { instanceId, chatId: id, messageIds }, demandPlayable)
      return { body: { chatId: id, messages }, chatId: id, notAfter: null }
    },
  })
}

function routeEmptying(app: App, deps: ActionDeps): void {
  const calls = [
    {
      method: 'POST',
      url: '/chats/:chatId/clear',
      operation: 'chat.clear',
      summary: 'Clear a chat of its messages, for the account alone',
    },
    { method: 'DELETE', url: '/chats/:chatId', operation: 'chat.delete', summary: 'Delete a chat, for the account alone' },
  ] as const
  for (const call of calls)
    routeAction(app, deps, {
      ...call,
      tag,
      params: ofChat,
      body: z.undefined(),
      complete: async ({ instanceId, params }) => {
        const { chatId: id, last } = await demandChat(deps.database, { instanceId, ...params })
        return { body: { chatId: id, last }, chatId: id, notAfter: null }
      },
    })
}

function routeHistory(app: App, deps: ActionDeps): void {
  const { database } = deps
  routeAction(app, deps, {
    method: 'POST',
    url: '/chats/:chatId/history',
    summary: 'Ask the phone for messages that are older than the oldest that is known; they come as message.history',
    tag,
    operation: 'chat.history',
    params: ofChat,
    body: historyOrder,
    complete: async ({ instanceId, params, body }) => {
      if ((await readInstance(database, instanceId)).settings.historySync !== true) throw historyOff(instanceId)
      const { chatId: id } = await findChat(database, { instanceId, ...params })
      const oldest = await getOldestMessage(database, { instanceId, chatId: id })
      if (oldest === null) throw chatNotFound({ instanceId, chatId: id })
      return { body: { chatId: id, count: body?.count ?? 50, oldest: namedOf(oldest) }, chatId: id, notAfter: null }
    },
  })
}

const historyOff = (id: string): Problem =>
  new Problem('history-off', `instance ${id} takes no messages of the past: its setting historySync is off`)

function routeTimer(app: App, deps: ActionDeps): void {
  routeAction(app, deps, {
    method: 'PUT',
    url: '/chats/:chatId/timer',
    summary: 'Have what is written to a person from now on disappear after a while, or no longer: both are shown that it is so',
    tag,
    operation: 'chat.timer',
    params: ofChat,
    body: timerOrder,
    complete: async ({ instanceId, params, body }) => {
      if (isGroupAddress(params.chatId)) throw refuseGroup(params.chatId)
      const { chatId: id, isKnown } = await getRecipient(deps.database, { instanceId, ...params })
      if (!isKnown) throw chatNotFound({ instanceId, ...params })
      return { body: { kind: 'timer', chatId: id, ...body }, chatId: id, notAfter: null }
    },
  })
}

const refuseGroup = (id: string): Problem =>
  refuseFields('parameter', [
    { parameter: 'chatId', expected: 'a person: PATCH /v1/instances/{id}/groups/{jid} sets a group’s timer', received: id },
  ])

function routeStar(app: App, deps: ActionDeps): void {
  routeAction(app, deps, {
    method: 'POST',
    url: '/messages/:messageId/star',
    summary: 'Star a message, or no longer, on every device of the account',
    tag,
    operation: 'message.star',
    params: z.object({ messageId: z.string().min(1).max(256).describe('WhatsApp’s id') }),
    body: starOrder,
    complete: async ({ instanceId, params: { messageId }, body: { on, chatId: asked } }) => {
      const found = await demandMessage(deps.database, { instanceId, messageId, chatId: asked ?? null })
      return { body: { chatId: found.chatId, message: namedOf(found), on }, chatId: found.chatId, notAfter: null }
    },
  })
}
