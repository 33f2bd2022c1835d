// What is asked of an account about its labels.
import { z } from 'zod'
import { labelColor, labelId } from '../../events/operations/labels.ts'
import { chooseLabelNumber, noteLabelNumber } from '../../instances/label-numbers.ts'
import { getLabel, getRecipient, type LabelAnswer, toldLabels } from '../../projections/read-model/queries.ts'
import { type ActionDeps, routeAction } from '../commands/action-routes.ts'
import type { App } from '../create-app.ts'
import { Problem } from '../problems.ts'
import { ofChat } from './chat-action-routes.ts'

const tag = 'labels'
const ofLabel = z.object({ labelId: labelId.describe('as GET …/labels has it') })

export function labelActionRoutes(app: App, deps: ActionDeps): void {
  routeNew(app, deps)
  routeLabel(app, deps)
  routeDeletion(app, deps)
  routeLabelOfChat(app, deps)
}

const label = z
  .strictObject({
    name: z.string().min(1).max(100).describe('what it is called'),
    color: labelColor.describe('its place in WhatsApp’s palette, 0 to 19'),
  })
  .meta({ examples: [{ name: 'Pago', color: 3 }] })

function routeNew(app: App, deps: ActionDeps): void {
  const { database } = deps
  routeAction(app, deps, {
    method: 'POST',
    url: '/labels',
    summary: 'Make a label (WhatsApp Business) under the next number; the result has it as labelId',
    tag,
    operation: 'label.change',
    params: z.object({}),
    body: label,
    complete: async ({ instanceId, commandId, body }) => {
      const chosen = await chooseLabelNumber(database, { instanceId, commandId, told: toldLabels })
      return { body: { labelId: chosen, ...body, deleted: false }, chatId: null, notAfter: null }
    },
  })
}

/** Who chooses the number may ask again, and makes no second one. */
function routeLabel(app: App, deps: ActionDeps): void {
  routeAction(app, deps, {
    method: 'PUT',
    url: '/labels/:labelId',
    summary: 'Name a label (WhatsApp Business): a number that no label has makes one',
    tag,
    operation: 'label.change',
    params: ofLabel,
    body: label,
    complete: async ({ instanceId, params, body }) => {
      await noteLabelNumber(deps.database, { instanceId, ...params, told: toldLabels })
      return { body: { ...params, ...body, deleted: false }, chatId: null, notAfter: null }
    },
  })
}

function routeDeletion(app: App, deps: ActionDeps): void {
  routeAction(app, deps, {
    method: 'DELETE',
    url: '/labels/:labelId',
    summary: 'Delete a label',
    tag,
    operation: 'label.change',
    params: ofLabel,
    body: z.undefined(),
    complete: async ({ instanceId, params }) => {
      const { name, color } = await demandLabel(deps, { instanceId, ...params })
      return { body: { ...params, name: name ?? params.labelId, color: color ?? 0, deleted: true }, chatId: null, notAfter: null }
    },
  })
}

function routeLabelOfChat(app: App, deps: ActionDeps): void {
  for (const on of [true, false])
    routeAction(app, deps, {
      method: on ? 'PUT' : 'DELETE',
      url: '/chats/:chatId/labels/:labelId',
      summary: on ? 'Give a chat a label' : 'Take a label from a chat',
      tag,
      operation: 'chat.label',
      params: z.object({ ...ofChat.shape, ...ofLabel.shape }),
      body: z.undefined(),
      complete: async ({ instanceId, params: { chatId: asked, labelId: label } }) => {
        await demandLabel(deps, { instanceId, labelId: label })
        const { chatId } = await getRecipient(deps.database, { instanceId, chatId: asked })
        return { body: { chatId, labelId: label, on }, chatId, notAfter: null }
      },
    })
}

async function demandLabel({ database }: ActionDeps, of: { instanceId: string; labelId: string }): Promise<LabelAnswer> {
  const found = await getLabel(database, of)
  if (found === null) throw new Problem('label-not-found', `instance ${of.instanceId} has no label ${of.labelId}`)
  return found
}
