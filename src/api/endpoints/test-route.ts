// POST /v1/endpoints/{id}/test: one delivery now, and what came back; no way to make zaplog knock at a receiver as often as one likes.
import { z } from 'zod'
import { exampleIds } from '../../events/example-ids.ts'
import { type EndpointTester, MAX_TESTS_AT_ONCE } from '../../webhooks/bridge/endpoint-tester.ts'
import { createBudgets } from '../budgets.ts'
import type { App } from '../create-app.ts'
import { describeCall } from '../describe-call.ts'
import { noBody } from '../no-body.ts'
import { Problem } from '../problems.ts'

const posted = { deliveryId: `${exampleIds.event}_${exampleIds.endpoint}` }
const tested = z
  .object({
    deliveryId: z.string().describe('the webhook-id that it was posted with'),
    delivered: z.boolean().describe('whether the receiver answered 2xx, as a delivery needs'),
    statusCode: z.number().nullable(),
    error: z.string().nullable().describe('why there is no answer'),
    response: z.string().nullable().describe('how the answer begins, at most 4 KiB'),
    durationMs: z.number(),
  })
  .meta({ examples: [{ ...posted, delivered: true, statusCode: 204, error: null, response: null, durationMs: 12 }] })

/** A person who tries, not a loop. */
const perEndpoint = { burst: 5, everyMs: 2_000, maxNames: 1_000 }

export function endpointTestRoute(app: App, deps: { tester: EndpointTester; monotonic: () => number; cut: AbortSignal }) {
  const budgets = createBudgets(perEndpoint)
  const running = new Set<Promise<unknown>>()
  app.route({
    method: 'POST',
    url: '/v1/endpoints/:id/test',
    schema: describeCall('Post one test delivery now, beside all others, and answer what came back', {
      tag: 'endpoints',
      params: z.object({ id: z.string() }),
      body: noBody,
      answers: { 200: tested },
      problems: [404, 429],
    }),
    handler: async ({ params: { id } }) => {
      // First: what is none spends nobody's budget.
      if (!(await deps.tester.knows(id))) throw noEndpoint(id)
      const nowAt = deps.monotonic()
      const waitMs = budgets.waitMs(id, nowAt)
      if (waitMs > 0)
        throw new Problem('too-many-tests', `endpoint ${id.slice(0, 63)} can be tested again in ${Math.ceil(waitMs)} ms`)
      if (running.size >= MAX_TESTS_AT_ONCE)
        throw new Problem('too-many-tests', `${MAX_TESTS_AT_ONCE} endpoints are being tested`)
      budgets.spend(id, nowAt)
      const testing = deps.tester.test(id, deps.cut).finally(() => running.delete(testing))
      running.add(testing)
      const answer = await testing
      if (answer === null) throw noEndpoint(id)
      return answer
    },
  })
}

const noEndpoint = (id: string) => new Problem('endpoint-not-found', `there is no endpoint ${id.slice(0, 63)}`)
