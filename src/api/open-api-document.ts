// GET /openapi.json: made of the routes themselves, so that it cannot say anything else than they do.
import swagger from '@fastify/swagger'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { App } from './create-app.ts'
import { describeCall } from './describe-call.ts'
import { securitySchemes } from './needs.ts'

/** Before any route: it collects those that come after it. */
export async function openApiDocument(app: App, of: { version: string; publicUrl: string }): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'zaplog',
        version: of.version,
        description: 'The event log for WhatsApp. Times are ISO 8601 in UTC; problems are RFC 9457.',
      },
      servers: [{ url: of.publicUrl }],
      components: { securitySchemes },
    },
    transform: jsonSchemaTransform,
  })
  app.route({
    method: 'GET',
    url: '/openapi.json',
    schema: describeCall('This description', { answers: { 200: z.record(z.string(), z.unknown()) } }),
    handler: async (_, reply) => reply.send({ ...app.swagger() }),
  })
}
