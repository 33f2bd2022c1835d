// /chat: changes of messages, and what is asked about chats and people.
import { z } from 'zod'
import type { App } from '../create-app.ts'
import { doWaiting, type EvolutionDeps, routeCall } from './evolution-call.ts'
import { sendMessage } from './send-calls.ts'

const key = z.looseObject({ id: z.string(), remoteJid: z.string() })

export function routeChatCalls(scope: App, deps: EvolutionDeps): void {
  routeMessageChanges(scope, deps)
  routeCall(scope, {
    ...{ method: 'POST', path: 'chat/updateBlockStatus', status: 201 },
    body: z.object({ number: z.string(), status: z.enum(['block', 'unblock']) }),
    answer: async given => {
      const { number: personId, status } = given.body
      await doWaiting(deps, given, {
        call: `${status === 'block' ? 'PUT' : 'DELETE'} /contacts/:personId/block`,
        params: { personId },
      })
      return { block: 'success' }
    },
  })
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
