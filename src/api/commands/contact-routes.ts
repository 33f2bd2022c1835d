// What is asked of an account about a person.
import { z } from 'zod'
import { personId } from '../../events/command-bodies/addresses.ts'
import { contactName } from '../../events/operations/contacts.ts'
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
      complete: async ({ params: { personId } }) => ({ body: { personId, on }, chatId: personId, notAfter: null }),
    })
  routeAction(app, deps, {
    method: 'PUT',
    url: '/contacts/:personId',
    summary: 'Save a person in the address book, or under another name',
    tag,
    operation: 'contact.save',
    params: ofPerson,
    body: z.strictObject(contactName),
    complete: async ({ params: { personId }, body }) => ({ body: { personId, ...body }, chatId: personId, notAfter: null }),
  })
  routeAction(app, deps, {
    method: 'DELETE',
    url: '/contacts/:personId',
    summary: 'Remove a person from the address book',
    tag,
    operation: 'contact.remove',
    params: ofPerson,
    body: z.undefined(),
    complete: async ({ params: { personId } }) => ({ body: { personId }, chatId: personId, notAfter: null }),
  })
}
