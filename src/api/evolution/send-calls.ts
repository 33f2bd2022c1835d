// POST /message/send…: each is one message command, whose id is the id of the message that its answer names.
import { askForMessage } from '../commands/ask-for.ts'
import type { App } from '../create-app.ts'
import { inTheirWords } from '../dialect.ts'
import { setPosition } from '../position.ts'
import { contentOf } from './content-of.ts'
import { type EvolutionDeps, type Given, routeCall } from './evolution-call.ts'
import { sendCalls } from './send-bodies.ts'

export function routeSendCalls(scope: App, deps: EvolutionDeps): void {
  for (const call of sendCalls)
    call(({ path, body, ask, names }) =>
      routeCall(scope, {
        ...{ method: 'POST', path: `message/${path}`, body, status: 201 },
        answer: given => sendMessage(deps, given, { asked: ask(given.body), names }),
      }),
    )
}

type Asking = { asked: unknown; names: Readonly<Record<string, string>> }

/** PENDING: it is in the log; what becomes of it are events, as with Evolution API. */
export async function sendMessage(
  deps: EvolutionDeps,
  { instanceId, key, reply }: Given<unknown, unknown>,
  { asked, names }: Asking,
) {
  const { body, ids, positions } = await inTheirWords(names, () => askForMessage(deps, { instanceId, key, asked }))
  setPosition(reply, positions, 'commands')
  return {
    key: { remoteJid: body.chatId, fromMe: true, id: ids.messageId },
    pushName: '',
    status: 'PENDING',
    ...contentOf(body),
    contextInfo: null,
    messageTimestamp: Math.floor(deps.clock() / 1000),
    instanceId,
    source: 'unknown',
  }
}
