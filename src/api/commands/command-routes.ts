// /v1/instances/{id}/messages and commands: what an account is asked to send, and what came of it. The answer 202 means that it is in the log.
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { audienceSizeIn, messageBody, renderedAs } from '../../events/command-bodies.ts'
import { commandStates, wordsOf } from '../../events/vocabulary.ts'
import { addressesOfChat } from '../../instances/cancel-commands.ts'
import { readCommand } from '../../instances/commands-shown.ts'
import { chatAddress } from '../chat-address.ts'
import { clientGone } from '../client-gone.ts'
import type { App } from '../create-app.ts'
import { describeCall } from '../describe-call.ts'
import { readInstance } from '../instances/read-instances.ts'
import type { KeptPositions } from '../kept-positions.ts'
import { pageOf, pageQuery } from '../pagination.ts'
import { awaitPosition, setPosition, waitForQuery } from '../position.ts'
import { Problem } from '../problems.ts'
import { wordOf } from '../words.ts'
import { acceptMessage } from './accept-message.ts'
import type { ActionDeps } from './action-routes.ts'
import { awaitCommand, waitQuery } from './await-command.ts'
import { type CancelDeps, cancelRoutes } from './cancel-routes.ts'
import { accepted, answerOf, command, keyHeaders, waitsForConnection } from './command-shapes.ts'
import { contactActionRoutes } from './contact-routes.ts'
import { listPage } from './list-page.ts'
import { profileRoutes } from './profile-routes.ts'

type Deps = ActionDeps & CancelDeps & { kept: KeptPositions }

const tag = 'commands'
const ofInstance = z.object({ id: z.string() })

export function commandRoutes(app: App, deps: Deps) {
  routeMessage(app, deps)
  routeList(app, deps)
  routeOne(app, deps)
  cancelRoutes(app, deps)
  contactActionRoutes(app, deps)
  profileRoutes(app, deps)
}

function routeMessage(app: App, deps: Deps) {
  app.route({
    method: 'POST',
    url: '/v1/instances/:id/messages',
    schema: describeCall('Send a message: it is sent once, as soon as the account is open', {
      tag,
      params: ofInstance,
      headers: keyHeaders,
      body: messageBody,
      answers: { 202: accepted },
      problems: [404, 409],
    }),
    handler: async ({ params: { id }, headers, body }, reply) => {
      const key = headers['idempotency-key'] ?? randomUUID()
      const {
        ids,
        queuedUntil,
        positions,
        instanceState,
        parts,
        body: kept,
      } = await acceptMessage(deps, { instanceId: id, key, body }, deps.cut)
      const audienceSize = audienceSizeIn(kept)
      setPosition(reply, positions, 'commands')
      return reply
        .code(202)
        .header('location', `/v1/instances/${id}/commands/${ids.commandId}`)
        .send({
          ...{ ...ids, queuedUntil: new Date(queuedUntil).toISOString(), idempotencyKey: key },
          ...{ waitsFor: waitsForConnection(instanceState), renderedAs: renderedAs(body) },
          ...(audienceSize !== null && { audienceSize }),
          ...(parts !== undefined && { parts: [...parts] }),
        })
    },
  })
}

function routeList(app: App, deps: Deps) {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/commands',
    schema: describeCall('List what an account was asked to do, newest first', {
      tag,
      params: ofInstance,
      querystring: z.strictObject({
        ...pageQuery,
        ...waitForQuery,
        state: wordOf(commandStates).optional(),
        chatId: chatAddress.optional().describe('in any form; left out, those of all chats'),
      }),
      answers: { 200: pageOf(command) },
      problems: [404],
    }),
    handler: async ({ params: { id }, query: { waitFor, chatId, ...page } }) => {
      const { state: instanceState } = await readInstance(deps.database, id)
      await awaitPosition(deps, waitFor)
      const chatIds = chatId === undefined ? null : await addressesOfChat(deps.database, { instanceId: id, chatId })
      return listPage(deps.database, { instanceId: id, instanceState, chatIds, ...page })
    },
  })
}

function routeOne(app: App, deps: Deps) {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/commands/:commandId',
    schema: describeCall(`How far a command is: ${wordsOf(commandStates)}`, {
      tag,
      params: ofInstance.extend({ commandId: z.string() }),
      querystring: z.strictObject({ ...waitForQuery, ...waitQuery }),
      answers: { 200: command },
      problems: [404],
    }),
    handler: async ({ params: { id, commandId }, query: { waitFor, wait } }, reply) => {
      const instance = await readInstance(deps.database, id)
      await awaitPosition(deps, waitFor)
      const enough = AbortSignal.any([AbortSignal.timeout((wait ?? 0) * 1000), clientGone(reply), deps.stopping])
      const found = await (wait === undefined
        ? readCommand(deps.database, id, commandId)
        : awaitCommand(deps, { instanceId: id, commandId }, enough))
      if (found === null) throw new Problem('command-not-found', `instance ${id} has no command ${commandId.slice(0, 100)}`)
      return answerOf(found, instance.state)
    },
  })
}
