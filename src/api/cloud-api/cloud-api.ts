// The WhatsApp Cloud API's calls at /v13.0 and later: thin translations into our own commands, answered in Meta's shapes.
import type { Logger } from '../../runtime/logger.ts'
import type { ActionDeps } from '../commands/action-routes.ts'
import { askForMessage } from '../commands/ask-for.ts'
import type { App } from '../create-app.ts'
import { inTheirWords, keyOf, openDialect, tellIgnored } from '../dialect.ts'
import { parseInput } from '../invalid-input.ts'
import { setPosition } from '../position.ts'
import { Problem } from '../problems.ts'
import { accountOf } from './find-account.ts'
import { asked, isReadMark, toMessage, waIdOf } from './message-body.ts'
import { refusalOf } from './refusal-of.ts'

export type CloudApiDeps = ActionDeps & { logger: Logger }

/** Ours are /v1; Meta's began with v13.0 here. */
export const version = ':version(v(?:1[3-9]|[2-9][0-9])(?:[.][0-9])?)'

export const cloudApiRoutes = (app: App, deps: CloudApiDeps): Promise<void> =>
  openDialect(app, { logger: deps.logger, refusalOf }, scope => {
    routeMessages(scope, deps)
    routeAccount(scope, deps)
  })

function routeMessages(scope: App, deps: CloudApiDeps) {
  scope.route({
    method: 'POST',
    url: `/${version}/:account/messages`,
    schema: { hide: true },
    handler: async (request, reply) => {
      const { account } = request.params as { account: string }
      const { id: instanceId } = await accountOf(deps.database, account)
      if (isReadMark(request.body)) throw new Problem('not-in-this-version', 'messages are not marked as read in this version')
      const said = parseInput(asked, request.body)
      tellIgnored(reply, asked, request.body)
      const { message, names } = toMessage(said)
      const key = keyOf(request)
      const { body, ids, positions } = await inTheirWords(names, () => askForMessage(deps, { instanceId, key, asked: message }))
      setPosition(reply, positions, 'commands')
      return reply.send({
        messaging_product: 'whatsapp',
        contacts: [{ input: said.to, wa_id: waIdOf(body.chatId) }],
        messages: [{ id: ids.messageId }],
      })
    },
  })
}

function routeAccount(scope: App, deps: CloudApiDeps) {
  scope.route({
    method: 'GET',
    url: `/${version}/:account`,
    schema: { hide: true },
    handler: async (request, reply) => {
      const { account } = request.params as { account: string }
      const { id, name, phone } = await accountOf(deps.database, account)
      return reply.send({ id, verified_name: name, display_phone_number: phone === null ? null : `+${phone}` })
    },
  })
}
