// /instance and /settings: an instance's name is its id here, and its key is the administrator's.
import type { FastifyReply } from 'fastify'
import type { App } from '../create-app.ts'
import { inTheirWords } from '../dialect.ts'
import {
  type Change,
  createInstance,
  deleteInstance,
  logOutInstance,
  patchInstance,
  restartInstance,
} from '../instances/change-instance.ts'
import { newInstance } from '../instances/instance-shapes.ts'
import { readInstance } from '../instances/read-instances.ts'
import { parseInput } from '../invalid-input.ts'
import { setPosition } from '../position.ts'
import { Problem } from '../problems.ts'
import { connect, linkIfAny } from './connect.ts'
import { type EvolutionDeps, routeCall } from './evolution-call.ts'
import { creation, numberQuery, settingsCall, settingsOf, shownSettings } from './instance-bodies.ts'
import { instancesOf, stateOf, whichInstances } from './instances-shown.ts'

export function routeInstanceCalls(scope: App, deps: EvolutionDeps): void {
  routeCreate(scope, deps)
  routeReads(scope, deps)
  routeChanges(scope, deps)
  routeSettings(scope, deps)
}

function routeCreate(scope: App, deps: EvolutionDeps) {
  routeCall(
    scope,
    {
      ...{ method: 'POST', path: 'instance/create', body: creation, status: 201 },
      answer: async ({ body, reply }) => {
        const { instanceName: id, number = null, qrcode } = body
        const settings = settingsOf(body)
        const wanted = await inTheirWords({ '/id': '/instanceName' }, async () =>
          parseInput(newInstance, { id, name: id, settings }),
        )
        const { name, settings: chosen = {} } = wanted
        await tellPlace(deps, reply, await createInstance(deps, { id: wanted.id, name, settings: chosen }, deps.cut))
        const link = qrcode === true ? await linkIfAny(deps, { id, number, reply }) : undefined
        return {
          instance: { instanceName: id, instanceId: id, integration: 'WHATSAPP-BAILEYS', status: 'connecting' },
          hash: null,
          settings: shownSettings(await readInstance(deps.database, id)),
          qrcode: link,
        }
      },
    },
    { isOfInstance: false },
  )
}

/** Where the change is in the log. */
async function tellPlace({ outbox }: EvolutionDeps, reply: FastifyReply, { outboxId }: Change): Promise<void> {
  if (outboxId !== null) setPosition(reply, await outbox.append(outboxId))
}

function routeReads(scope: App, deps: EvolutionDeps) {
  const { database } = deps
  routeCall(scope, {
    ...{ method: 'GET', path: 'instance/connect', query: numberQuery },
    answer: ({ instanceId: id, query: { number = null }, reply }) => connect(deps, { id, number, reply }),
  })
  routeCall(scope, {
    ...{ method: 'GET', path: 'instance/connectionState' },
    answer: async ({ instanceId }) => stateOf(await readInstance(database, instanceId)),
  })
  routeCall(
    scope,
    {
      ...{ method: 'GET', path: 'instance/fetchInstances', query: whichInstances },
      answer: ({ query }) => instancesOf(database, query),
    },
    { isOfInstance: false },
  )
}

function routeChanges(scope: App, deps: EvolutionDeps) {
  const { database, cut } = deps
  routeCall(scope, {
    ...{ method: 'POST', path: 'instance/restart' },
    answer: async ({ instanceId }) => {
      await restartInstance(deps, instanceId, cut)
      return stateOf(await readInstance(database, instanceId))
    },
  })
  routeCall(scope, {
    ...{ method: 'DELETE', path: 'instance/logout' },
    answer: async ({ instanceId }) => {
      const { state } = await readInstance(database, instanceId)
      if (state === 'logged-out') throw new Problem('instance-logged-out', `instance ${instanceId} is logged out already`)
      await logOutInstance(deps, instanceId, cut)
      return done('Instance logged out')
    },
  })
  routeCall(scope, {
    ...{ method: 'DELETE', path: 'instance/delete' },
    answer: async ({ instanceId }) => {
      await deleteInstance(deps, instanceId, cut)
      return done('Instance deleted')
    },
  })
}

const done = (message: string) => ({ status: 'SUCCESS', error: false, response: { message } })

function routeSettings(scope: App, deps: EvolutionDeps) {
  routeCall(scope, {
    ...{ method: 'POST', path: 'settings/set', body: settingsCall, status: 201 },
    answer: async ({ instanceId, body, reply }) => {
      await tellPlace(deps, reply, await patchInstance(deps, instanceId, { settings: settingsOf(body) }, deps.cut))
      return { settings: { instanceName: instanceId, settings: shownSettings(await readInstance(deps.database, instanceId)) } }
    },
  })
  routeCall(scope, {
    ...{ method: 'GET', path: 'settings/find' },
    answer: async ({ instanceId }) => shownSettings(await readInstance(deps.database, instanceId)),
  })
}
