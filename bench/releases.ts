// Deliveries as the webhook stream releases them, in the log, for a bridge that starts later.
import type { Database } from '../src/database/database.ts'
import { openCodec } from '../src/events/codec.ts'
import { openPostgresLog } from '../src/log/postgres/postgres.ts'
import { openProjection } from '../src/projections/runner.ts'
import { openPostgresRegistry } from '../src/registry/postgres.ts'
import { createMetrics } from '../src/runtime/metrics.ts'
import { createSealer } from '../src/runtime/seal.ts'
import { createEndpoint, endpointInput } from '../src/webhooks/endpoints/endpoints.ts'
import { webhookStream } from '../src/webhooks/stream/webhook-stream.ts'
import { makeCheckpoints } from '../test/ground/projections/make-checkpoints.ts'
import { until } from '../test/ground/until.ts'
import { consumerGroup, ensureTopics, type Ground, logger, never, partitions, poolSize, topic } from './ground.ts'
import { expectEqual } from './measure.ts'
import { someTexts } from './records.ts'

export type Released = {
  deliveryId: string
  /** Its place among the endpoints. */
  endpoint: number
  body: string
}
export type Releases = {
  /** Of the endpoints, in their order. */
  secrets: readonly string[]
  /** `n` more deliveries, evenly to all endpoints; resolves when they are in the log. */
  release(n: number): Promise<readonly Released[]>
}
type Endpoints = { encryptionKey: Buffer; url: string; endpoints: number }

const chats = { instances: 50, chatsPerInstance: 40 }

export async function openReleases(closing: AsyncDisposableStack, ground: Ground, of: Endpoints): Promise<Releases> {
  const database = await ground.open(poolSize)
  const metrics = createMetrics({ processMetrics: false })
  const log = openPostgresLog({ database, logger, metrics })
  closing.defer(log.close)
  await ensureTopics(log)
  const codec = await openCodec(openPostgresRegistry(database), never)
  await makeCheckpoints(database, webhookStream, partitions)
  const endpoints = await makeEndpoints({ ...of, database })
  const ends = Array.from({ length: partitions }, (_, partition) => ({
    topic: topic('webhook-deliveries'),
    partition,
    nextOffset: 0n,
  }))

  async function release(n: number): Promise<readonly Released[]> {
    const from = (await log.lag(ends, never)).map(({ endOffset, ...at }) => ({ ...at, nextOffset: endOffset }))
    const events = someTexts(n / endpoints.length, chats)
    await log.append({ topic: topic('events'), records: events.map(event => codec.encode(event)) }, never)
    const role = openProjection({ database, log, codec, topic, consumerGroup, partitions, logger, metrics }, webhookStream)
    await until('every delivery to be in the log', async () => {
      const now = await log.lag(from, never)
      return now.reduce((sum, { lagRecords }) => sum + lagRecords, 0) === n
    })
    await role.close()
    const released: Released[] = []
    for await (const { value } of log.read(topic('webhook-deliveries'), { from, until: 'end' }, never)) {
      const event = await codec.decode(value, never)
      if (event?.type !== 'delivery.released') throw new Error(`reading deliveries: got ${event?.type}`)
      const { deliveryId, endpointId, body } = event
      released.push({ deliveryId, body, endpoint: endpoints.findIndex(({ id }) => id === endpointId) })
    }
    expectEqual('deliveries in the log', released.length, n)
    return released
  }

  return { secrets: endpoints.map(({ secret }) => secret), release }
}

/** Every one takes everything. */
async function makeEndpoints({ database, encryptionKey, url, endpoints }: Endpoints & { database: Database }) {
  const sealer = createSealer({ current: encryptionKey, previous: null })
  const config = { allowLoopback: true, allowCidrs: [], holdMediaMs: 20_000 }
  const made = []
  for (let place = 0; place < endpoints; place++) {
    const created = await createEndpoint({ database, sealer, config }, endpointInput.parse({ url: `${url}${place}` }), never)
    if (!created.ok) throw new Error(`making an endpoint: ${JSON.stringify(created)}`)
    made.push(created.endpoint)
  }
  return made
}
