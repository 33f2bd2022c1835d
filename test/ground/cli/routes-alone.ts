// The real routes of what accounts are asked for, behind the real door, with the schemas that judge what comes in; what passes them is noted, and
// answered with the same for every call. One account is there, and every command is done at once.

import { noteRoutes } from '../../../scripts/note-routes.ts'
import { createApp } from '../../../src/api/create-app.ts'
import { openHttpServer } from '../../../src/api/http-server.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import { KEY } from './refused.ts'

export type TakenCall = { call: string; body: unknown; key: string | undefined }

const account = { id: 'shop', name: 'Shop', state: 'open', stateAt: '2026', reasonText: null, phone: null }
/** No status that routes describe, so that no schema of theirs judges it. */
const ANSWERED = 203

/** `answer`: to every call; the commands that are read have `state` and `result` of it. */
export async function openRoutesAlone(logger: Logger, answer: { current: Readonly<Record<string, unknown>> }) {
  const metrics = createMetrics({ processMetrics: false })
  const config = { host: '127.0.0.1', port: 0, http: { trustedProxies: [], maxConnections: 100 } }
  const keys = () => ({ admin: KEY, metrics: null })
  const clock = () => performance.now()
  const server = await openHttpServer({ checks: () => [], isReady: () => true, metrics, logger, config, keys, clock })
  const { door, connections } = server
  const app = createApp({ logger, metrics, door, connections })
  const taken: TakenCall[] = []
  const sent = new WeakMap<object, unknown>()
  app.addHook('preValidation', async request => void sent.set(request, structuredClone(request.body)))
  for (const route of noteRoutes())
    app.route({
      ...route,
      handler: async (request, reply) => {
        const key = request.headers['idempotency-key']
        taken.push({ call: `${request.method} ${request.url}`, body: sent.get(request) ?? undefined, key: key?.toString() })
        return reply.code(ANSWERED).send(answer.current)
      },
    })
  app.get('/v1/instances', async () => ({ data: [account], nextCursor: null }))
  app.get('/v1/instances/:id', async () => account)
  await app.ready()
  const unmount = server.mount((request, response) => app.routing(request, response))
  return {
    api: { base: server.url, key: KEY, keyFrom: 'ADMIN_API_KEY', zaplog: './zaplog' },
    taken,
    close: async () => {
      await unmount(0)
      await app.close()
      await server.close()
    },
  }
}
