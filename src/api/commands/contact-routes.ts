// What is asked of an account about a person.
import { z } from 'zod'
import { personId } from '../../events/command-bodies/addresses.ts'
import type { App } from '../create-app.ts'
import { type ActionDeps, routeAction } from './action-routes.ts'

const ofPerson = z.object({ personId: personId.describe('the person, in any form: +55 11 90000-0011, …@lid') })

export function contactActionRoutes(app: App, deps: ActionDeps): void {
  for (const on of [true, false])
    routeAction(app, deps, {
      method: on ? 'PUT' : 'DELETE',
      url: '/contacts/:personId/block',
      summary: on ? 'Block a person' : 'Let a person write again',
      tag: 'contacts',
      operation: 'contact.block',
      params: ofPerson,
      body: z.undefined(),
      complete: async ({ params: { personId } }) => ({ body: { personId, on }, chatId: personId, notAfter: null }),
    })
}
