// GET /openapi.json: made of the routes themselves, so that it cannot say anything else than they do.
import swagger from '@fastify/swagger'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { App } from './create-app.ts'
import { describeCall } from './describe-call.ts'
import { describeWebhooks } from './describe-webhooks.ts'
import { securitySchemes } from './needs.ts'

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
      },
      servers: [{ url: of.publicUrl }],
      components: { securitySchemes },
    },
    transform: withExamples,
  })
  app.route({
    method: 'GET',
    url: '/openapi.json',
    schema: describeCall('This description', { answers: { 200: document } }),
    handler: async (_, reply) => reply.send({ ...app.swagger(), webhooks: describeWebhooks() }),
  })
}

/** zod leaves out the examples of what it transforms, as those of what comes out: a body's are of what goes in. */
const withExamples: typeof jsonSchemaTransform = given => {
  const { schema, url } = jsonSchemaTransform(given)
  const { body } = given.schema ?? {}
  const examples = body instanceof z.ZodType ? body.meta()?.examples : undefined
  return examples === undefined ? { schema, url } : { schema: { ...schema, body: { ...Object(schema?.body), examples } }, url }
}
