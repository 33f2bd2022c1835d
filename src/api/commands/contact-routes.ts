// What is asked of an account about a person.
import { z } from 'zod'
import { personId } from '../../events/command-bodies/addresses.ts'
import { ana } from '../../events/example-ids.ts'
import { contactName } from '../../events/operations/contacts.ts'
import { getRecipient } from '../../projections/read-model/queries.ts'
import type { App } from '../create-app.ts'
import { type ActionDeps, routeAction } from './action-routes.ts'

const ofPerson = z.object({ personId: personId.describe('the person, in any form: +55 11 90000-0011, …@lid') })
const tag = 'contacts'

export function contactActionRoutes(app: App, deps: ActionDeps): void {
  for (const on of [true, false])
    routeAction(app, deps, {
      method: on ? 'PUT' : 'DELETE',
      url: '/contacts/:personId/block',
      summary: on ? 'Block a person' : 'Let a person write again',
      tag,
      operation: 'contact.block',
      params: ofPerson,
      body: z.undefined(),
      complete: async ({ instanceId, params }) => ({ body: { ...params, on }, ...(await inTurnOf(deps, instanceId, params)) }),
    })
  routeAction(app, deps, {
    method: 'PUT',
    url: '/contacts/:personId',
    summary: 'Save a person in the address book, or under another name',
    tag,
    operation: 'contact.save',
    params: ofPerson,
    body: z.strictObject(contactName).meta({ examples: [{ name: ana.name, firstName: 'Ana', onPhone: true }] }),
    complete: async ({ instanceId, params, body }) => ({
      body: { ...params, ...body },
      ...(await inTurnOf(deps, instanceId, params)),
    }),
  })
  routeAction(app, deps, {
    method: 'DELETE',
    url: '/contacts/:personId',
    summary: 'Remove a person from the address book',
    tag,
    operation: 'contact.remove',
    params: ofPerson,
    body: z.undefined(),
    complete: async ({ instanceId, params }) => ({ body: params, ...(await inTurnOf(deps, instanceId, params)) }),
  })
}

/** The person's chat, as it is called where both addresses are known. */
async function inTurnOf({ database }: ActionDeps, instanceId: string, { personId }: z.infer<typeof ofPerson>) {
  const { chatId } = await getRecipient(database, { instanceId, chatId: personId })
  return { chatId, notAfter: null }
}
