// Calls that ask an account for something that becomes no message: each is one command, whose outcome is an event, and the answer where somebody
// waits for it.
import { randomUUID } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import { ana, exampleIds } from '../../events/example-ids.ts'
import type { AskedOperation, BodyOf } from '../../events/operations.ts'
import { clientGone } from '../client-gone.ts'
import type { App } from '../create-app.ts'
import { describeCall } from '../describe-call.ts'
import { parseInput } from '../invalid-input.ts'
import { noBody } from '../no-body.ts'
import { setPosition } from '../position.ts'
import { type AcceptDeps, type Accepted, acceptCommand, type Completed } from './accept-command.ts'
import { type AwaitDeps, awaitCommand, waitQuery } from './await-command.ts'
import { acceptedAction, answerOf, doneAs, keyHeaders, waitsForConnection } from './command-shapes.ts'

export type ActionDeps = AcceptDeps & AwaitDeps & { calls: ActionCalls; stopping: AbortSignal; cut: AbortSignal }

/** Each call by its method and its path below the instance, for who asks for the same in other words. */
export type ActionCalls = Map<string, AskForAction>
/** What comes in is read by the call's own schemas. Rejects as `acceptCommand` does, and Problem where it is not valid. */
export type AskForAction = (given: Asked) => Promise<Accepted>
type Asked = { instanceId: string; key: string; params: unknown; body: unknown }

/** One call, and what it asks for. */
export type ActionCall<Name extends AskedOperation, Params extends z.ZodObject, Body extends z.ZodType> = {
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** As the router has it, below /v1/instances/:id. */
  url: string
  summary: string
  tag: string
  operation: Name
  /** Besides the instance's id. */
  params: Params
  /** z.undefined(): it takes none. */
  body: Body
  /** What WhatsApp may answer, for the description; left out: nothing. */
  result?: Readonly<Record<string, unknown>>
  /**
   * What is kept, from what was asked for; `chatId`: the chat, group or person that it waits for its turn in. Throws Problem where it cannot be
   * done, as far as is known.
   */
  complete(given: {
    instanceId: string
    commandId: string
    params: z.infer<Params>
    body: z.infer<Body>
  }): Promise<Omit<Completed, 'body'> & { body: BodyOf<Name> }>
}

export function routeAction<Name extends AskedOperation, Params extends z.ZodObject, Body extends z.ZodType>(
  app: App,
  deps: ActionDeps,
  call: ActionCall<Name, Params, Body>,
): void {
  const { method, summary, tag, params, body } = call
  const accept = accepting(deps, call)
  deps.calls.set(`${method} ${call.url}`, asked =>
    accept({ ...asked, params: parseInput(params, asked.params, 'parameter'), body: parseInput(body, asked.body) }),
  )
  const takesBody = !(body instanceof z.ZodUndefined)
  app.route({
    method,
    url: `/v1/instances/:id${call.url}`,
    schema: describeCall(summary, {
      tag,
      params: z.object({ id: z.string(), ...params.shape }),
      headers: keyHeaders,
      querystring: z.strictObject(waitQuery),
      // What DELETE brings is not read.
      ...(takesBody ? { body } : method !== 'DELETE' && { body: noBody }),
      answers: {
        200: doneAs(call.operation, { chatId: exampleChat(call.url), result: call.result ?? null }),
        202: acceptedAction,
      },
      problems: [404, 409],
    }),
    handler: async (request, reply) => {
      const { id: instanceId, ...named } = request.params as { id: string } & z.infer<Params>
      const { 'idempotency-key': key = randomUUID() } = request.headers as z.infer<typeof keyHeaders>
      const read = { params: named as z.infer<Params>, body: (takesBody ? request.body : undefined) as z.infer<Body> }
      const accepted = await accept({ instanceId, key, ...read })
      setPosition(reply, accepted.positions, 'commands')
      reply.header('location', `/v1/instances/${instanceId}/commands/${accepted.ids.commandId}`)
      const { wait } = request.query as { wait?: number }
      const ended = wait === undefined ? null : await endOf(deps, reply, { instanceId, ...accepted.ids }, wait)
      if (ended !== null) return reply.code(200).send(answerOf(ended, accepted.instanceState))
      const { commandId, eventId } = accepted.ids
      const queuedUntil = new Date(accepted.queuedUntil).toISOString()
      const waitsFor = waitsForConnection(accepted.instanceState)
      return reply.code(202).send({ commandId, eventId, queuedUntil, idempotencyKey: key, waitsFor })
    },
  })
}

/** Whom or what a call is about, as its path says. */
function exampleChat(url: string): string | null {
  if (url.includes(':jid')) return exampleIds.group
  if (url.includes(':channelId')) return exampleIds.channel
  return /:(chatId|personId|callId|messageId)/.test(url) ? ana.id : null
}

/** Takes what was read by the call's schemas. */
const accepting =
  <Name extends AskedOperation, Params extends z.ZodObject, Body extends z.ZodType>(
    deps: ActionDeps,
    { method, url, operation, complete }: ActionCall<Name, Params, Body>,
  ) =>
  ({ instanceId, key, params, body }: Asked & { params: z.infer<Params>; body: z.infer<Body> }): Promise<Accepted> => {
    const asked = { call: `${method} ${url}`, ...params, body: body ?? null }
    const completeOne = (commandId: string) => complete({ instanceId, commandId, params, body })
    const wanted = { instanceId, key, operation, asked, complete: completeOne }
    return acceptCommand(deps, wanted, deps.cut)
  }

/** null: it is not over yet. */
async function endOf(deps: ActionDeps, reply: FastifyReply, of: { instanceId: string; commandId: string }, seconds: number) {
  const enough = AbortSignal.any([AbortSignal.timeout(seconds * 1000), clientGone(reply), deps.stopping])
  const found = await awaitCommand(deps, of, enough)
  return found?.endedAt == null ? null : found
}
