// /chat: what is asked of an account about itself, and of WhatsApp about it. Each is one of our calls, waited for.
import { z } from 'zod'
import { privacyCategories } from '../../events/operations/profile.ts'
import { defaultMaxAgeSeconds, socketAnswers, theAccount } from '../../instances/socket-answers.ts'
import type { App } from '../create-app.ts'
import { given, optional } from '../dialect.ts'
import { askOne } from '../reads/ask-one.ts'
import { doWaiting, type EvolutionDeps, routeCall } from './evolution-call.ts'

const updated = { update: 'success' }

export function routeProfileCalls(scope: App, deps: EvolutionDeps): void {
  routeWords(scope, deps)
  routePicture(scope, deps)
  routePrivacy(scope, deps)
}

function routeWords(scope: App, deps: EvolutionDeps) {
  const call = 'PATCH /profile'
  routeCall(scope, {
    ...{ method: 'POST', path: 'chat/updateProfileName', body: z.object({ name: z.string() }) },
    answer: async given => {
      await doWaiting(deps, given, { call, body: { name: given.body.name } })
      return updated
    },
  })
  routeCall(scope, {
    ...{ method: 'POST', path: 'chat/updateProfileStatus', body: z.object({ status: z.string() }) },
    answer: async given => {
      await doWaiting(deps, given, { call, body: { about: given.body.status }, names: { '/about': '/status' } })
      return updated
    },
  })
}

function routePicture(scope: App, deps: EvolutionDeps) {
  routeCall(scope, {
    ...{ method: 'POST', path: 'chat/updateProfilePicture', body: z.object({ picture: z.string() }) },
    answer: async given => {
      const picture = given.body.picture.replace(/^data:[^,]*,/, '')
      await doWaiting(deps, given, { call: 'PUT /profile/picture', body: { picture } })
      return updated
    },
  })
  routeCall(scope, {
    ...{ method: 'DELETE', path: 'chat/removeProfilePicture' },
    answer: async given => {
      await doWaiting(deps, given, { call: 'DELETE /profile/picture' })
      return updated
    },
  })
}

const value = optional(z.string())
/** Its fields are WhatsApp's names; what each may be, our call says. */
const privacy = z.object({
  ...{ last: value, online: value, profile: value, status: value, readreceipts: value, groupadd: value, calladd: value },
})

function routePrivacy(scope: App, deps: EvolutionDeps) {
  const settings = Object.entries(privacyCategories)
  const names = Object.fromEntries(settings.map(([ours, { category }]) => [`/${ours}`, `/${category}`]))
  routeCall(scope, {
    ...{ method: 'POST', path: 'chat/updatePrivacySettings', status: 201, body: privacy },
    answer: async call => {
      const body = given(Object.fromEntries(settings.map(([ours, { category }]) => [ours, call.body[category]])))
      await doWaiting(deps, call, { call: 'PATCH /privacy', body, names })
      return { ...updated, data: given(call.body) }
    },
  })
  routeCall(scope, {
    ...{ method: 'GET', path: 'chat/fetchPrivacySettings' },
    answer: async ({ instanceId, reply }) => {
      const kind = 'privacy'
      const one = { kind, instanceId, subject: theAccount, maxAgeSeconds: defaultMaxAgeSeconds[kind] } as const
      const said = await askOne(deps, reply, one, socketAnswers[kind])
      const { readReceipts, picture, about, online, callsAdd, lastSeen, groupsAdd } = said
      return {
        ...{ readreceipts: readReceipts, profile: picture, status: about, online, calladd: callsAdd },
        ...{ last: lastSeen, groupadd: groupsAdd },
      }
    },
  })
}
