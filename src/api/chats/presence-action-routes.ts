// Who is there: what the account shows of itself, and whose presence it is told.
import { z } from 'zod'
import { ana, exampleAt } from '../../events/example-ids.ts'
import { typingStates } from '../../events/operations/presences.ts'
import {
  addSubscription,
  listSubscriptions,
  maxSubscriptions,
  removeSubscription,
} from '../../instances/presence-subscriptions.ts'
import { getRecipient } from '../../projections/read-model/queries.ts'
import { type ActionDeps, routeAction } from '../commands/action-routes.ts'
import type { App } from '../create-app.ts'
import { describeCall } from '../describe-call.ts'
import { demandInstance, readInstance } from '../instances/read-instances.ts'
import { Problem } from '../problems.ts'
import { ofChat } from './chat-action-routes.ts'

const tag = 'presence'
/** What is said of a moment is not said later. */
const goodForMs = 30_000

export function presenceActionRoutes(app: App, deps: ActionDeps): void {
  routeOwn(app, deps)
  routeTyping(app, deps)
  routeSubscription(app, deps)
  routeSubscriptions(app, deps)
}

function routeOwn(app: App, deps: ActionDeps): void {
  routeAction(app, deps, {
    method: 'PUT',
    url: '/presence',
    summary: 'Show the account as online or not, until it connects anew: its setting markOnline says how it is then',
    tag,
    operation: 'presence.set',
    params: z.object({}),
    body: z
      .strictObject({ online: z.boolean().describe('whether it is shown as online') })
      .meta({ examples: [{ online: true }] }),
    complete: async ({ body }) => ({ body, chatId: null, notAfter: deps.clock() + goodForMs }),
  })
}

function routeTyping(app: App, deps: ActionDeps): void {
  routeAction(app, deps, {
    method: 'PUT',
    url: '/chats/:chatId/typing',
    summary: 'Show in a chat that the account writes or records; phones show it for some 20 seconds',
    tag,
    operation: 'chat.typing',
    params: ofChat,
    body: z
      .strictObject({ state: z.enum(typingStates).describe('paused: no longer') })
      .meta({ examples: typingStates.map(state => ({ state })) }),
    complete: async ({ instanceId, params, body: { state } }) => {
      const { chatId } = await getRecipient(deps.database, { instanceId, ...params })
      return { body: { chatId, state }, chatId, notAfter: deps.clock() + goodForMs }
    },
  })
}

/**
 * The row is what lasts, and the command its first telling: the row is there before, so that a socket that opens meanwhile asks for it, too, which
 * changes nothing. It stays where the command is not taken, fails or expires: the next connection asks for it.
 */
function routeSubscription(app: App, deps: ActionDeps): void {
  for (const on of [true, false])
    routeAction(app, deps, {
      method: on ? 'PUT' : 'DELETE',
      url: '/presence/:chatId/subscription',
      summary: on
        ? `Be told as presence.updated when somebody is there, for good; of ${maxSubscriptions} at most`
        : 'Be told no longer when somebody is there',
      tag,
      operation: 'presence.subscribe',
      params: ofChat,
      body: z.undefined(),
      complete: async ({ instanceId, params }) => {
        const { chatId } = await getRecipient(deps.database, { instanceId, ...params })
        await (on ? subscribe(deps, { instanceId, chatId }) : removeSubscription(deps.database, { instanceId, chatId }))
        return { body: { chatId, on }, chatId, notAfter: null }
      },
    })
}

async function subscribe({ database, clock }: ActionDeps, of: { instanceId: string; chatId: string }): Promise<void> {
  const { instanceId } = of
  if ((await readInstance(database, instanceId)).settings.markOnline !== true)
    throw new Problem(
      'not-online',
      `instance ${instanceId} is not shown as online (its setting markOnline), so WhatsApp tells it of nobody`,
    )
  if ((await addSubscription(database, { ...of, nowAt: clock() })) === 'full')
    throw new Problem(
      'too-many-subscriptions',
      `instance ${instanceId} has ${maxSubscriptions} subscriptions, as many as there may be`,
    )
}

const subscriptions = z
  .object({ data: z.array(z.object({ chatId: z.string(), subscribedAt: z.string() })) })
  .meta({ examples: [{ data: [{ chatId: ana.id, subscribedAt: exampleAt }] }] })

function routeSubscriptions(app: App, { database }: ActionDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/presence/subscriptions',
    schema: describeCall(`List whose presence the account is told, the oldest first: ${maxSubscriptions} at most`, {
      tag,
      params: z.object({ id: z.string() }),
      answers: { 200: subscriptions },
      problems: [404],
    }),
    handler: async ({ params: { id } }) => {
      await demandInstance(database, id)
      const all = await listSubscriptions(database, id)
      return { data: all.map(({ chatId, subscribedAt }) => ({ chatId, subscribedAt: subscribedAt.toISOString() })) }
    },
  })
}
