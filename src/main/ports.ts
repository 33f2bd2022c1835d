// The ports, on the adapters that the configuration chooses: database, log, registry, object store, and what is made of them.
import type { Database } from '../database/database.ts'
import { openPostgres } from '../database/postgres.ts'
import { type Codec, openCodec } from '../events/codec.ts'
import type { TopicName } from '../events/topics.ts'
import type { EventLog } from '../log/log.ts'
import { createProgressStore, type ProgressRows } from '../log/progress.ts'
import type { ObjectStore } from '../objects/objects.ts'
import type { Config } from '../runtime/config.ts'
import type { Logger } from '../runtime/logger.ts'
import { createMediaLinks, type MediaLinks } from '../runtime/media-links.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { Sealer } from '../runtime/seal.ts'
import type { Ground } from './ground.ts'
import { keptSecret } from './kept-secret.ts'
import { openLog } from './log.ts'
import { type Objects, openObjects } from './objects.ts'

export type Ports = {
  database: Database
  log: EventLog
  codec: Codec
  progress: ProgressRows
  objects: ObjectStore
  sealer: Sealer
  links: MediaLinks
  topic(name: TopicName): string
  group(name: string): string
  /** null where the object store signs and serves its own URLs. */
  verifyObjectUrl: Objects['verifyObjectUrl']
  close(): Promise<void>
}
type Deps = { config: Config; ground: Ground; logger: Logger; metrics: Metrics; publicUrl: string }

export async function openPorts({ config, ground, logger, metrics, publicUrl }: Deps): Promise<Ports> {
  const { sealer } = ground
  const signal = new AbortController().signal
  const topic = (name: TopicName) => `${config.log.topicPrefix}${name}`
  const database = await openPostgres({
    ...ground.database,
    poolSize: config.database.poolSize,
    applicationName: 'zaplog',
    logger,
  })
  const opened: { close(): Promise<void> }[] = [database]
  const close = async () => {
    for (const part of opened.toReversed()) await part.close()
  }
  try {
    const log = await openLog({ config, ground, database, logger, metrics }, topic)
    opened.push(log)
    return {
      database,
      log: log.log,
      codec: await openCodec(log.registry, signal),
      progress: createProgressStore(database),
      ...(await openObjects({ config: config.objects, ground, publicUrl, logger })),
      sealer,
      links: createMediaLinks({ publicUrl, key: await keptSecret({ database, sealer }, 'media-links') }),
      topic,
      group: name => `${config.log.groupPrefix}${name}`,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
