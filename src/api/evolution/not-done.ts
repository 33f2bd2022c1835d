// Calls of Evolution API that are not done here: who calls one is told so, and what there is instead. docs/dialects.md has the list.
import type { App } from '../create-app.ts'
import { Problem } from '../problems.ts'

export type CallNotDone = { method: 'GET' | 'POST' | 'PUT' | 'DELETE'; path: string; words: string }

const calls = (method: CallNotDone['method'], paths: readonly string[], words: string): readonly CallNotDone[] =>
  paths.map(path => ({ method, path, words }))

const webhooks = 'webhooks are zaplog’s own: POST /v1/endpoints'
const stream = 'events are in the topics of the log, in webhooks and at GET /v1/stream'
const bots = ['typebot', 'openai', 'dify', 'flowise', 'n8n', 'evolutionBot', 'evoai']

export const callsNotDone: readonly CallNotDone[] = [
  ...calls('POST', ['message/sendTemplate'], 'templates are of the business platform alone'),
  ...calls('POST', ['call/offer'], 'accounts do not call'),
  ...calls('GET', ['group/inviteInfo'], 'GET /group/acceptInviteCode joins by an invite'),
  ...calls('POST', ['chat/getBase64FromMediaMessage'], 'the media of a message is behind its stable link, media.url'),
  ...calls('POST', ['chat/findMessages', 'chat/findStatusMessage'], 'GET /v1/instances/{id}/messages lists them, with a cursor'),
  ...calls('POST', ['chat/findChats'], 'GET /v1/instances/{id}/chats lists them, with a cursor'),
  ...calls('POST', ['chat/findContacts'], 'GET /v1/instances/{id}/contacts lists them, with a cursor'),
  ...calls('POST', ['label/handleLabel'], 'PUT /v1/instances/{id}/chats/{chatId}/labels/{labelId} gives a chat one'),
  ...calls('GET', ['label/findLabels'], 'GET /v1/instances/{id}/labels lists them'),
  ...calls('POST', ['business/getCatalog', 'business/getCollections'], 'catalogues are not read here'),
  ...calls('POST', ['webhook/set'], webhooks),
  ...calls('GET', ['webhook/find'], webhooks),
  ...calls('POST', ['websocket/set', 'rabbitmq/set', 'nats/set', 'sqs/set', 'pusher/set', 'kafka/set'], stream),
  ...calls('POST', ['proxy/set'], 'accounts connect to WhatsApp by the network’s own route'),
  ...calls('POST', ['chatwoot/set'], 'there is no Chatwoot here'),
  ...calls(
    'POST',
    bots.map(bot => `${bot}/create`),
    'bots are yours: they read events and send messages',
  ),
]

export function routeCallsNotDone(scope: App): void {
  for (const { method, path, words } of callsNotDone)
    scope.route({
      method,
      url: `/${path}/:instance`,
      schema: { hide: true },
      onRequest: async () => {
        throw new Problem('not-in-dialect', `${path} is not done here: ${words}`)
      },
      handler: async () => undefined,
    })
}

const prefixes = new Set([
  'chat',
  'group',
  'instance',
  'message',
  'settings',
  ...callsNotDone.map(({ path }) => path.split('/', 1)[0]),
])

/** What there is not is told in its shape, too. */
export function routeCallsNotThere(scope: App): void {
  for (const prefix of prefixes)
    scope.route({
      method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      url: `/${prefix}/*`,
      schema: { hide: true },
      onRequest: async ({ method, url }) => {
        throw new Problem('not-found', `there is no ${method} ${url.split('?', 1)[0]}`)
      },
      handler: async () => undefined,
    })
}
