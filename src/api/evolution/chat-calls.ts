// /chat: changes of messages, and what is asked about chats and people.
import { z } from 'zod'
import { chatAddress } from '../chat-address.ts'
import { doAll } from '../commands/ask-for.ts'
import type { App } from '../create-app.ts'
import { inTheirWords, optional, waitingFor } from '../dialect.ts'
import { refuseFields } from '../invalid-input.ts'
import { doWaiting, type EvolutionDeps, routeCall } from './evolution-call.ts'
import { sendMessage } from './send-calls.ts'

const key = z.looseObject({ id: z.string(), remoteJid: z.string() })

export function routeChatCalls(scope: App, deps: EvolutionDeps): void {
  routeMessageChanges(scope, deps)
  routeReading(scope, deps)
  routeChatChanges(scope, deps)
  routePresence(scope, deps)
  routeBlocking(scope, deps)
}

function routeMessageChanges(scope: App, deps: EvolutionDeps) {
  routeCall(scope, {
    ...{ method: 'DELETE', path: 'chat/deleteMessageForEveryone', status: 201 },
    body: z.object({
      id: z.string(),
      remoteJid: z.string(),
      fromMe: z.unknown().optional(),
      participant: z.unknown().optional(),
    }),
    answer: given =>
      sendMessage(deps, given, {
        asked: { chatId: given.body.remoteJid, kind: 'delete', targetMessageId: given.body.id },
        names: { '/chatId': '/remoteJid', '/targetMessageId': '/id' },
      }),
  })
  routeCall(scope, {
    ...{ method: 'POST', path: 'chat/updateMessage' },
    body: z.object({ number: z.unknown().optional(), key, text: z.string() }),
    answer: given =>
      sendMessage(deps, given, {
        asked: { chatId: given.body.key.remoteJid, kind: 'edit', targetMessageId: given.body.key.id, text: given.body.text },
        names: { '/chatId': '/key/remoteJid', '/targetMessageId': '/key/id' },
      }),
  })
}

/** One of our calls for each chat; what the account wrote itself needs no reading. */
function routeReading(scope: App, deps: EvolutionDeps) {
  const named = z.looseObject({ id: z.string(), remoteJid: chatAddress, fromMe: z.boolean() })
  routeCall(scope, {
    ...{ method: 'POST', path: 'chat/markMessageAsRead', status: 201 },
    body: z.object({ readMessages: z.array(named).min(1).max(100) }),
    answer: async given => {
      const { instanceId, key, reply, body } = given
      const chats = Map.groupBy(
        body.readMessages.filter(({ fromMe }) => !fromMe),
        ({ remoteJid }) => remoteJid,
      )
      const asked = [...chats].map(([chatId, messages]) => ({
        ...{ instanceId, key: `${key}\n${chatId}`, call: 'POST /chats/:chatId/read', params: { chatId } },
        body: { messageIds: messages.map(({ id }) => id) },
      }))
      const names = { '/messageIds': '/readMessages' }
      await inTheirWords(names, () => doAll(deps, asked, waitingFor(reply, deps)))
      return { message: 'Read messages', read: 'success' }
    },
  })
}

function routeChatChanges(scope: App, deps: EvolutionDeps) {
  const ofChat = {
    chat: optional(z.string()),
    lastMessage: optional(z.looseObject({ key: z.looseObject({ remoteJid: z.string() }) })),
  }
  const call = 'PATCH /chats/:chatId'
  routeCall(scope, {
    ...{ method: 'POST', path: 'chat/archiveChat', status: 201 },
    body: z.object({ ...ofChat, archive: z.boolean() }),
    answer: async given => {
      const chatId = chatOf(given.body)
      await doWaiting(deps, given, {
        call,
        params: { chatId },
        body: { archived: given.body.archive },
        names: namesOf(given.body),
      })
      return { chatId, archived: given.body.archive }
    },
  })
  routeCall(scope, {
    ...{ method: 'POST', path: 'chat/markChatUnread', status: 201 },
    body: z.object(ofChat),
    answer: async given => {
      const chatId = chatOf(given.body)
      await doWaiting(deps, given, { call, params: { chatId }, body: { unread: true }, names: namesOf(given.body) })
      return { chatId, markedChatUnread: true }
    },
  })
}

type OfChat = { chat?: string | undefined; lastMessage?: { key: { remoteJid: string } } | undefined }

/** Throws Problem. */
function chatOf({ chat, lastMessage }: OfChat): string {
  const said = chat ?? lastMessage?.key.remoteJid
  if (said !== undefined) return said
  throw refuseFields('pointer', [{ pointer: '/chat', expected: 'a chat, or its lastMessage', received: 'nothing' }])
}

const namesOf = ({ chat }: OfChat) => ({ '/chatId': chat === undefined ? '/lastMessage/key/remoteJid' : '/chat' })

const online = ['available', 'unavailable'] as const
const typing = ['composing', 'recording', 'paused'] as const

function routePresence(scope: App, deps: EvolutionDeps) {
  const setOnline = 'PUT /presence'
  routeCall(scope, {
    ...{ method: 'POST', path: 'chat/sendPresence', status: 201 },
    body: z.object({ number: z.string(), presence: z.enum([...typing, ...online]) }),
    answer: async given => {
      const { number: chatId, presence } = given.body
      const asked = typing.some(one => one === presence)
        ? { call: 'PUT /chats/:chatId/typing', params: { chatId }, body: { state: presence } }
        : { call: setOnline, body: { online: presence === 'available' } }
      await doWaiting(deps, given, { ...asked, names: { '/chatId': '/number' } })
      return { presence }
    },
  })
  routeCall(scope, {
    ...{ method: 'POST', path: 'instance/setPresence', status: 201 },
    body: z.object({ presence: z.enum(online) }),
    answer: async given => {
      const { presence } = given.body
      await doWaiting(deps, given, { call: setOnline, body: { online: presence === 'available' } })
      return { presence }
    },
  })
}

function routeBlocking(scope: App, deps: EvolutionDeps) {
  routeCall(scope, {
    ...{ method: 'POST', path: 'chat/updateBlockStatus', status: 201 },
    body: z.object({ number: z.string(), status: z.enum(['block', 'unblock']) }),
    answer: async given => {
      const { number: personId, status } = given.body
      const call = `${status === 'block' ? 'PUT' : 'DELETE'} /contacts/:personId/block`
      await doWaiting(deps, given, { call, params: { personId }, names: { '/personId': '/number' } })
      return { block: 'success' }
    },
  })
}
