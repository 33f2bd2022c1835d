// Judges what /openapi.json says by Redocly's recommended rules, without a server: routes are declared, and none is called.
import { createConfig, lintFromString } from '@redocly/openapi-core'
import fastify from 'fastify'
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { App } from '../src/api/create-app.ts'
import { describedRoutes } from '../src/api/open-api.ts'
import { createMetrics } from '../src/runtime/metrics.ts'

const rules = {
  // Health is for everybody and takes nothing, so that nothing of it can be wrong.
  'operation-4xx-response': 'off',
  // Calls of a later version answer 501 alone.
  'operation-2xx-response': 'off',
  'no-unused-components': 'error',
  'operation-operationId': 'error',
  'operation-operationId-unique': 'error',
  'operation-operationId-url-safe': 'error',
} as const

/** A line for each finding. */
export async function lintOpenApi(source?: string): Promise<readonly string[]> {
  const config = await createConfig({ extends: ['recommended'], rules })
  const findings = await lintFromString({ source: source ?? (await describe()), config, absoluteRef: 'openapi.json' })
  return findings.map(({ ruleId, message, location }) => `${location[0]?.pointer ?? ''}: ${message} (${ruleId})`)
}

/** As a server says it that has every part. */
async function describe(): Promise<string> {
  const ended = new AbortController()
  const app = fastify().withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  // What is asked of these while routes are declared: where calls are kept for the dialects, what time it is, and how many
  // readers there may be and are, and until when.
  const deps = {
    ...{ calls: new Map(), clock: Date.now, connections: { max: 2 }, metrics: createMetrics({ processMetrics: false }) },
    ...{ stopping: ended.signal, cut: ended.signal, verifyObjectUrl: null },
    ...{ publicUrl: 'https://zaplog.example', version: '0.0.0' },
  }
  await describedRoutes(app as unknown as App, deps as unknown as Parameters<typeof describedRoutes>[1])
  const { body } = await app.inject('/openapi.json')
  ended.abort()
  await app.close()
  return body
}
