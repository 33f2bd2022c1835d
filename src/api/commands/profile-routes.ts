// What is asked of an account about itself: one change after another.
import { z } from 'zod'
import { examplePicture, picture } from '../../events/operations/picture.ts'
import { profileOperations } from '../../events/operations/profile.ts'
import type { App } from '../create-app.ts'
import { type ActionDeps, routeAction } from './action-routes.ts'

const tag = 'profile'
const params = z.object({})
const privacyNow = {
  ...{ lastSeen: 'contacts', online: 'match_last_seen', picture: 'all', about: 'all', readReceipts: 'none' },
  ...{ groupsAdd: 'contacts', callsAdd: 'all' },
}
const ofAccount = { chatId: null, notAfter: null }

export function profileRoutes(app: App, deps: ActionDeps): void {
  routeAction(app, deps, {
    method: 'PATCH',
    url: '/profile',
    summary: 'Change the name of the account, or what it says of itself',
    tag,
    operation: 'profile.change',
    params,
    body: profileOperations['profile.change'],
    complete: async ({ body }) => ({ ...ofAccount, body }),
  })
  routeAction(app, deps, {
    method: 'PUT',
    url: '/profile/picture',
    summary: 'Give the account a picture',
    tag,
    operation: 'profile.picture',
    params,
    body: z.strictObject({ picture }).meta({ examples: [{ picture: examplePicture }] }),
    result: { pictureId: '1767614400' },
    complete: async ({ body }) => ({ ...ofAccount, body }),
  })
  routeAction(app, deps, {
    method: 'DELETE',
    url: '/profile/picture',
    summary: 'Take the picture of the account away',
    tag,
    operation: 'profile.picture',
    params,
    body: z.undefined(),
    complete: async () => ({ ...ofAccount, body: { picture: null } }),
  })
  routeAction(app, deps, {
    method: 'PATCH',
    url: '/privacy',
    summary: 'Change who sees what of the account',
    tag,
    operation: 'privacy.change',
    params,
    body: profileOperations['privacy.change'],
    result: privacyNow,
    complete: async ({ body }) => ({ ...ofAccount, body }),
  })
}
