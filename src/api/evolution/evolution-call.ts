// One call of Evolution API: its path ends with the instance, its body is JSON, also of a DELETE, and what it does not know it ignores.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Logger } from '../../runtime/logger.ts'
import type { Sealer } from '../../runtime/seal.ts'
import type { ActionDeps } from '../commands/action-routes.ts'
import { type AskedAction, doAction } from '../commands/ask-for.ts'
import type { App } from '../create-app.ts'
import { inTheirWords, keyOf, tellIgnored, type WaitDeps, waitingFor } from '../dialect.ts'
import type { ChangeDeps } from '../instances/change-instance.ts'
import type { PendingQr } from '../instances/pending-qr.ts'
import { parseInput } from '../invalid-input.ts'
import type { LargeBodies } from '../large-bodies.ts'
import { Problem } from '../problems.ts'
import type { AskDeps } from '../reads/ask-whatsapp.ts'
import type { TakeDeps } from '../uploads/take-bytes.ts'

export type EvolutionDeps = ActionDeps &
  TakeDeps &
  WaitDeps &
  AskDeps &
  ChangeDeps & { sealer: Sealer; pendingQr: PendingQr; logger: Logger; pairingCodeWaitMs?: number | undefined }

export type Given<Body, Query> = { instanceId: string; body: Body; query: Query; key: string; reply: FastifyReply }
type Call<Body extends z.ZodObject, Query extends z.ZodObject> = {
  method: 'GET' | 'POST' | 'DELETE'
  /** Without the instance: message/sendText. */
  path: string
  body?: Body
  query?: Query
  /** As its routers answer: 201 for most that change something. */
  status?: 200 | 201
  answer(given: Given<z.infer<Body>, z.infer<Query>>): Promise<unknown>
}

const nothing = z.object({})
const ofInstance = z.object({ instance: z.string() })
export const instanceIn = ({ params }: Pick<FastifyRequest, 'params'>): string => ofInstance.parse(params).instance

export function routeCall<Body extends z.ZodObject, Query extends z.ZodObject>(
  scope: App,
  { method, path, body, query, status = 200, answer }: Call<Body, Query>,
  { isOfInstance = true, ...large }: { isOfInstance?: boolean } & Partial<LargeBodies> = {},
): void {
  scope.route({
    method,
    url: isOfInstance ? `/${path}/:instance` : `/${path}`,
    schema: { hide: true, ...(isOfInstance && { params: ofInstance }) },
    ...large,
    handler: async (request, reply) => {
      const said = body === undefined ? undefined : await bodyOf(request)
      const instanceId = isOfInstance ? instanceIn(request) : ''
      const given = {
        body: parseInput(body ?? nothing, said ?? {}) as z.infer<Body>,
        query: parseInput(query ?? nothing, request.query ?? {}, 'parameter') as z.infer<Query>,
      }
      if (body !== undefined) tellIgnored(reply, body, said)
      const answered = await answer({ ...given, instanceId, key: keyOf(request), reply })
      return reply
        .code(status)
        .serializer(JSON.stringify)
        .header('content-type', 'application/json; charset=utf-8')
        .send(answered)
    },
  })
}

type By = Pick<Given<unknown, unknown>, 'instanceId' | 'key' | 'reply'>
/** `names`: our fields, and theirs. `until`: where several are waited for under one. */
type Waited = Omit<AskedAction, 'instanceId' | 'key'> & { names?: Readonly<Record<string, string>>; until?: AbortSignal }

/** Asks for an action and waits for it, as its clients do. */
export const doWaiting = (
  deps: EvolutionDeps,
  { instanceId, key, reply }: By,
  { names = {}, until = waitingFor(reply, deps), ...asked }: Waited,
) => inTheirWords(names, () => doAction(deps, { ...asked, instanceId, key }, until))

/** Ours read none of a DELETE. */
const MAX_DELETE_BYTES = 64 * 1024

async function bodyOf(request: FastifyRequest): Promise<unknown> {
  if (request.method !== 'DELETE') return request.body
  const bytes = await bytesOf(request)
  if (bytes.length === 0) return undefined
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new Problem('malformed-request', 'reading the request: the body is no JSON in UTF-8', { cause })
  }
}

/** Throws Problem. What is not read is left where it is, so that the connection can still carry the refusal. */
async function bytesOf({ raw }: FastifyRequest): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  const came: AsyncIterable<Buffer> = raw.iterator({ destroyOnReturn: false })
  try {
    for await (const chunk of came) {
      bytes += chunk.length
      if (bytes > MAX_DELETE_BYTES) break
      chunks.push(chunk)
    }
  } catch (cause) {
    throw new Problem('malformed-request', 'reading the request: its body ended too early', { cause })
  }
  if (bytes > MAX_DELETE_BYTES) throw new Problem('body-too-large', `expected a body of at most ${MAX_DELETE_BYTES} bytes`)
  return Buffer.concat(chunks)
}
