// /v1/instances: create, list, read, change, restart, log out, delete; each change answers with the whole resource.
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { isParked } from '../../instances/instance-ids.ts'
import type { Sealer } from '../../runtime/seal.ts'
import type { App } from '../create-app.ts'
import { describeCall } from '../describe-call.ts'
import type { KeptPositions } from '../kept-positions.ts'
import { noBody } from '../no-body.ts'
import { pageOf, pageQuery } from '../pagination.ts'
import { awaitPosition, setPosition, waitForQuery } from '../position.ts'
import { accountingRoutes } from './accounting-routes.ts'
import {
  type Change,
  type ChangeDeps,
  createInstance,
  deleteInstance,
  logOutInstance,
  patchInstance,
  purgeInstance,
  restartInstance,
} from './change-instance.ts'
import { deletion, exampleDeletion, readDeletion } from './deletion.ts'
import { historyRoutes } from './history-routes.ts'
import { exampleInstance, instance, instancePatch, madeInstance, newInstance } from './instance-shapes.ts'
import { pairingCodeRoutes } from './pairing-code-routes.ts'
import type { PendingQr } from './pending-qr.ts'
import { purgeRoutes } from './purge-routes.ts'
import { qrRoutes } from './qr-routes.ts'
import { isLinked, listInstances, readEvenDeleted, readInstance } from './read-instances.ts'

const params = z.object({ id: z.string() })
const tag = 'instances'

type Deps = ChangeDeps & {
  sealer: Sealer
  pairingCodeWaitMs?: number | undefined
  pendingQr: PendingQr
  kept: KeptPositions
  stopping: AbortSignal
  cut: AbortSignal
}

export function instanceRoutes(app: App, deps: Deps) {
  const { database } = deps
  createRoute(app, deps)
  readRoutes(app, deps)
  changeRoutes(app, deps)
  deleteRoute(app, deps)
  purgeRoutes(app, deps)
  accountingRoutes(app, deps)
  historyRoutes(app, deps)
  const unpaired = {
    ...deps,
    readInstance: (id: string) => readInstance(database, id),
    isParked: (id: string) => isParked(database, id),
    isLinked: (id: string) => isLinked(database, id),
  }
  qrRoutes(app, unpaired)
  pairingCodeRoutes(app, unpaired)
}

function createRoute(app: App, deps: Deps) {
  app.route({
    method: 'POST',
    url: '/v1/instances',
    schema: describeCall('Create an instance; it starts connecting', {
      tag,
      body: newInstance,
      answers: { 201: madeInstance },
      problems: [409],
    }),
    handler: async ({ body }, reply) => {
      const change = await createInstance(deps, { id: body.id, name: body.name, settings: body.settings ?? {} }, deps.cut)
      return reply
        .code(201)
        .header('location', `/v1/instances/${change.id}`)
        .send(await answer(deps, reply, change))
    },
  })
}

function readRoutes(app: App, deps: Deps) {
  const { database } = deps
  app.route({
    method: 'GET',
    url: '/v1/instances',
    schema: describeCall('List instances, newest first', {
      tag,
      querystring: z.strictObject({ ...pageQuery, ...waitForQuery }),
      answers: { 200: pageOf(instance) },
    }),
    handler: async ({ query: { waitFor, ...page } }) => {
      await awaitPosition(deps, waitFor)
      return listInstances(database, page)
    },
  })
  app.route({
    method: 'GET',
    url: '/v1/instances/:id',
    schema: describeCall('Read an instance', {
      tag,
      params,
      querystring: z.strictObject(waitForQuery),
      answers: { 200: instance },
      problems: [404],
    }),
    handler: async ({ params: { id }, query: { waitFor } }) => {
      await awaitPosition(deps, waitFor)
      return readInstance(database, id)
    },
  })
}

function changeRoutes(app: App, deps: Deps) {
  const { cut } = deps
  app.route({
    method: 'PATCH',
    url: '/v1/instances/:id',
    schema: describeCall('Change name or settings (RFC 7396)', {
      tag,
      params,
      body: instancePatch,
      answers: { 200: instance },
      problems: [404],
    }),
    handler: async ({ params: { id }, body }, reply) => answer(deps, reply, await patchInstance(deps, id, body, cut)),
  })
  for (const { verb, summary, change } of requests)
    app.route({
      method: 'POST',
      url: `/v1/instances/:id/${verb}`,
      schema: describeCall(summary, {
        tag,
        params,
        body: noBody,
        answers: { 202: instance },
        problems: [404],
      }),
      handler: async ({ params: { id } }, reply) => reply.code(202).send(await answer(deps, reply, await change(deps, id, cut))),
    })
}

const requests = [
  {
    verb: 'restart',
    summary: 'Close the socket and open it again; one that is logged out shows a new QR code',
    change: restartInstance,
  },
  { verb: 'logout', summary: 'Unlink the phone and erase the auth state', change: logOutInstance },
]

const deletedInstance = instance.extend({ deletion }).meta({ examples: [{ ...exampleInstance, deletion: exampleDeletion }] })

function deleteRoute(app: App, deps: Deps) {
  const { database, cut } = deps
  app.route({
    method: 'DELETE',
    url: '/v1/instances/:id',
    schema: describeCall('Log out and delete an instance; its id is never given out again', {
      tag,
      params,
      querystring: z.strictObject({
        purge: z
          .enum(['true', 'false'])
          .optional()
          .describe('true: erase what was stored, too, also of one that was deleted before'),
      }),
      answers: { 202: deletedInstance },
      problems: [404],
    }),
    handler: async ({ params: { id }, query }, reply) => {
      const purged = query.purge === 'true'
      const before = await (purged ? readEvenDeleted : readInstance)(database, id)
      const goes = { ...before, deletion: await readDeletion(database, { id, purged }) }
      await (purged ? purgeInstance : deleteInstance)(deps, id, cut)
      return reply.code(202).send(goes)
    },
  })
}

/** The whole resource, and where the change is in the log. */
async function answer({ database, outbox }: Deps, reply: FastifyReply, change: Change) {
  if (change.outboxId !== null) setPosition(reply, await outbox.append(change.outboxId))
  return readInstance(database, change.id)
}
