// The log of a running zaplog on embedded parts, opened a second time by our own adapter: to append what no producer would, and to read what is kept.

import { openPostgres } from '../../src/database/postgres.ts'
import { type Codec, openCodec } from '../../src/events/codec.ts'
import type { Event } from '../../src/events/event.ts'
import type { TopicName } from '../../src/events/topics.ts'
import type { EventLog, LogRecord } from '../../src/log/log.ts'
import { openPostgresLog } from '../../src/log/postgres.ts'
import { openPostgresRegistry } from '../../src/log/registry-postgres.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { databaseUrlOf } from './its-postgres.ts'

export type ItsLog = {
  log: EventLog
  codec: Codec
  topic(name: TopicName): string
  records(name: TopicName): Promise<readonly LogRecord[]>
  /** Every event of the topic, in order per partition; what does not decode rejects. */
  events(name: TopicName): Promise<readonly Event[]>
  close(): Promise<void>
}

const never = new AbortController().signal

export async function openItsLog(dataDir: string): Promise<ItsLog> {
  const logger = createLogger({ level: 'silent' })
  const database = await openPostgres({ url: databaseUrlOf(dataDir), poolSize: 2, applicationName: 'scenario', logger })
  const log = openPostgresLog({ database, logger, metrics: createMetrics({ processMetrics: false }) })
  const codec = await openCodec(openPostgresRegistry(database), never)
  const topic = (name: TopicName) => `wa.${name}`

  async function records(name: TopicName): Promise<readonly LogRecord[]> {
    return Array.fromAsync(log.read(topic(name), { from: 'first', until: 'end' }, never))
  }

  return {
    log,
    codec,
    topic,
    records,
    events: async name => {
      const decoded: Event[] = []
      for (const record of await records(name)) {
        const event = await codec.decode(record.value, never)
        if (event !== null) decoded.push(event)
      }
      return decoded
    },
    close: async () => {
      await log.close()
      await database.close()
    },
  }
}
