// GET /openapi.json: made of the routes themselves, so that it cannot say anything else than they do.
import swagger from '@fastify/swagger'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { App } from './create-app.ts'
import { describeCall } from './describe-call.ts'
import { describeWebhooks } from './describe-webhooks.ts'
import { nameShapes } from './name-shapes.ts'
import { securitySchemes } from './needs.ts'
import { operationIdOf, pascal } from './operation-id.ts'

const description = [
  'The event log for WhatsApp. Times are ISO 8601 in UTC; problems are RFC 9457.',
  'HEAD is answered wherever GET is. Any other method than those described is 405, and `Allow` lists those of the path.',
  'What is no readable HTTP is 400, as are CONNECT and HTTP/1.1 without Host, another `Expect` than 100-continue 417, a head above 16 KiB 431, a request that does not come within 30 s (its head within 10 s) 408;',
  'these end the connection, as does an answer to a request whose body was not read.',
].join(' ')

const document = z
  .record(z.string(), z.unknown())
  .meta({ examples: [{ openapi: '3.1.0', info: { title: 'zaplog', version: '0.2.0' }, paths: {} }] })

/** Before any route: it collects those that come after it. */
export async function openApiDocument(app: App, of: { version: string; publicUrl: string }): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'zaplog',
        version: of.version,
        description,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: of.publicUrl }],
      components: { securitySchemes },
    },
    transform: describe,
  })
  let whole: object | null = null
  app.route({
    method: 'GET',
    url: '/openapi.json',
    schema: describeCall('This description', { answers: { 200: document } }),
    handler: async (_, reply) => {
      whole ??= nameShapes({ ...app.swagger(), paths: calledApart(app.swagger().paths), webhooks: describeWebhooks() })
      return reply.send({ ...whole })
    },
  })
}

/** A route of both GET and HEAD is described once, under one name. */
const calledApart = (paths: object = {}): object =>
  Object.fromEntries(
    Object.entries(paths).map(([path, { head, ...others }]) => {
      return [path, head === undefined ? others : { ...others, head: { ...head, operationId: `${head.operationId}Head` } }]
    }),
  )

/** What the call is called, and what it takes and answers after it; and examples of bodies, which zod leaves out of what it transforms. */
const describe: typeof jsonSchemaTransform = given => {
  const { schema, url } = jsonSchemaTransform(given)
  if (schema?.hide === true) return { schema, url }
  const { response, body } = given.schema ?? {}
  const operationId = operationIdOf({ method: String([given.route.method].flat()[0]), url, isList: isList(response) })
  const answers = Object.entries(Object(schema?.response)).map(([status, answer]) => {
    const isOne = status.startsWith('2') && Object(answer).properties !== undefined
    return [status, isOne ? { title: `${pascal(operationId)}Answer`, ...Object(answer) } : answer]
  })
  const taken = body instanceof z.ZodType && {
    body: { title: `${pascal(operationId)}Body`, ...withForms(Object(schema?.body)), ...examplesOf(body) },
  }
  return { schema: { ...schema, ...taken, response: Object.fromEntries(answers), operationId }, url }
}

const form = z.looseObject({ properties: z.looseObject({ kind: z.looseObject({ enum: z.tuple([z.string()]) }) }) })

/** Each form of a body that has a kind is called by it: TextMessage. */
function withForms(body: { oneOf?: readonly object[] }): object {
  if (body.oneOf === undefined) return body
  const named = body.oneOf.map(one => {
    const [kind] = form.safeParse(one).data?.properties.kind.enum ?? []
    return kind === undefined ? one : { title: `${pascal(kind)}Message`, ...one }
  })
  return { ...body, oneOf: named }
}

function examplesOf(body: z.ZodType): object {
  const { examples } = body.meta() ?? {}
  return examples === undefined ? {} : { examples }
}

const isList = (response: unknown): boolean => {
  const answer = z.looseObject({ 200: z.instanceof(z.ZodObject) }).safeParse(response)
  return answer.success && 'nextCursor' in answer.data[200].shape
}
