// The WhatsApp Cloud API's calls at /v13.0 and later: thin translations into our own commands, answered in Meta's shapes.
import { z } from 'zod'
import { isThere } from '../../instances/instance-ids.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { ActionDeps } from '../commands/action-routes.ts'
import { askForMessage } from '../commands/ask-for.ts'
import type { App } from '../create-app.ts'
import { inTheirWords, keyOf, openDialect, tellIgnored, type WaitDeps } from '../dialect.ts'
import { parseInput } from '../invalid-input.ts'
import { setPosition } from '../position.ts'
import { Problem } from '../problems.ts'
import { giveUpUpload } from '../uploads/complete-upload.ts'
import { accountOf, ofAccount } from './find-account.ts'
import { markRead } from './mark-read.ts'
import { isMediaId, type MediaDeps, routeMedia, shownMedia } from './media.ts'
import { asked, isReadMark, toMessage, waIdOf } from './message-body.ts'
import { refusalOf } from './refusal-of.ts'
import { version } from './version.ts'

export type CloudApiDeps = ActionDeps & MediaDeps & WaitDeps & { logger: Logger }

export const cloudApiRoutes = (app: App, deps: CloudApiDeps): Promise<void> =>
  openDialect(app, { logger: deps.logger, refusalOf }, scope => {
    routeMessages(scope, deps)
    routeMedia(scope, deps)
    routeObjects(scope, deps)
  })

function routeMessages(scope: App, deps: CloudApiDeps) {
  scope.route({
    method: 'POST',
    url: `/${version}/:account/messages`,
    schema: { hide: true, params: ofAccount },
    handler: async (request, reply) => {
      const { account } = request.params
      const { id: instanceId } = await accountOf(deps.database, account)
      if (isReadMark(request.body)) return reply.send(await markRead(deps, { instanceId, request, reply }))
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

const ofObject = z.object({ object: z.string() })

/** An account, or a file: both are read by their id alone. */
function routeObjects(scope: App, deps: CloudApiDeps) {
  const url = `/${version}/:object`
  scope.route({
    method: 'GET',
    url,
    schema: { hide: true, params: ofObject },
    handler: async (request, reply) => {
      const { object } = request.params
      if (await isMedia(deps, object)) return reply.send(await shownMedia(deps, object))
      const { id, name, phone } = await accountOf(deps.database, object)
      return reply.send({ id, verified_name: name, display_phone_number: phone === null ? null : `+${phone}` })
    },
  })
  scope.route({
    method: 'DELETE',
    url,
    schema: { hide: true, params: ofObject },
    handler: async (request, reply) => {
      const { object } = request.params
      if (!(await isMedia(deps, object)))
        throw new Problem('not-in-dialect', 'accounts are not deleted here: DELETE /v1/instances/{id} does it')
      await giveUpUpload(deps, object, deps.cut)
      return reply.send({ success: true })
    },
  })
}

/** An instance may be called as uploads are: then it is meant. */
const isMedia = async ({ database }: CloudApiDeps, id: string): Promise<boolean> =>
  isMediaId(id) && !(await isThere(database, id))
