// Guarantee: before a log moves all that is wrong with where it is to move to is one answer, and whether it is to be mended or may pass.
import type { RequestListener } from 'node:http'
import { expect, test } from 'vitest'
import { requireTargets } from '../../src/main/move/require-targets.ts'
import { parseConfig } from '../../src/runtime/config.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { never } from '../../src/runtime/or-abort.ts'
import { openTempDir } from '../ground/database/temp-dir.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'

/** Nobody listens there. */
const closed = '127.0.0.1:9'

async function askedWith(registry: RequestListener) {
  const { url } = await openLoopbackServer(registry)
  const parsed = parseConfig({
    ...{ DATA_DIR: await openTempDir(), KAFKA_BROKERS: closed, SCHEMA_REGISTRY_URL: url },
    ...{ ADMIN_API_KEY: 'only-for-tests-of-migrate', ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') },
  })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return { url, asking: requireTargets(parsed.config, { logger: createLogger({ level: 'silent' }) }, never) }
}

const answers =
  (status: number, body: object): RequestListener =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' }).end(JSON.stringify(body))

test('[G3] a registry that lets us at our own subjects alone will do; a Kafka that is away may be there later', async () => {
  const { asking } = await askedWith((request, response) =>
    (request.url?.includes('/zaplog.events.')
      ? answers(404, { error_code: 40401, message: 'Subject not found' })
      : answers(403, { error_code: 40301, message: 'Denied' }))(request, response),
  )
  await expect(asking).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.not.stringContaining('SCHEMA_REGISTRY_URL'),
  })
  await expect(asking).rejects.toThrow(`KAFKA_BROKERS: ${closed} cannot be reached`)
})

test('[G3] a registry that takes no such key is named beside the Kafka that is away, and neither passes by itself', async () => {
  const { url, asking } = await askedWith(answers(401, { error_code: 40101, message: 'Unauthorized' }))
  await expect(asking).rejects.toMatchObject({
    code: 'misconfigured',
    message: expect.stringContaining(`KAFKA_BROKERS: ${closed} cannot be reached`),
  })
  await expect(asking).rejects.toThrow(`SCHEMA_REGISTRY_URL: ${url}`)
})
