// Serves the calls of /sim/v1, and none besides those that the list names: JSON in, JSON out, readable in a terminal.
import type { FastifyInstance } from 'fastify'
import type { SimDevice } from '../accounts/device.ts'
import type { Simulator } from '../simulator.ts'
import { controlCalls } from './calls.ts'
import { answerWithProblem, notFound } from './problem.ts'

export function addControlRoutes(app: FastifyInstance, simulator: Simulator, signal: AbortSignal): void {
  app.setReplySerializer(print)
  app.setErrorHandler(answerWithProblem)
  app.setNotFoundHandler((request, reply) => {
    const problem = notFound(`${request.method} ${request.url}: there is no such call; GET /sim/v1 lists them with examples`)
    answerWithProblem(problem, request, reply.serializer(print))
  })
  for (const { method, path, status, answer } of controlCalls)
    app.route<{ Params: { pn?: string } }>({
      method,
      url: path,
      handler: async ({ params, body }, reply) => {
        const device = () => deviceOf(simulator, params.pn ?? '')
        return reply.code(status).send(await answer({ simulator, signal, device }, body))
      },
    })
}

const print = (answer: unknown): string => `${JSON.stringify(answer, null, 2)}\n`

function deviceOf(simulator: Simulator, pn: string): SimDevice {
  const device = simulator.devices().findLast(candidate => candidate.pn === pn)
  if (device === undefined) throw notFound(`no companion of ${pn} is linked; POST /sim/v1/scan links one`)
  return device
}
