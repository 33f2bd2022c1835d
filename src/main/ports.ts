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
import type { Check } from '../runtime/role.ts'
import type { Sealer } from '../runtime/seal.ts'
import { closeAll } from './close-all.ts'
import type { Ground } from './ground.ts'
import { keptSecret } from './kept-secret.ts'
import { type Log, openLog } from './log.ts'
import { type Objects, openObjects } from './objects.ts'
import type { Parts } from './parts.ts'
import type { Waits } from './waits.ts'
import { type Watched, watchParts } from './watch-parts.ts'

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
  /** Before the first offset of the log is kept: from now on the database belongs to it. Rejects OtherLog. */
  claimLog(): Promise<void>
  /** What was found at start and still holds, and whether the parts answer. */
  checks(): readonly Check[]
  close(): Promise<void>
}
type Deps = { config: Config; ground: Ground; parts: Parts; waits: Waits; logger: Logger; metrics: Metrics; publicUrl: string }

export async function openPorts({ config, ground, parts, waits, logger, metrics, publicUrl }: Deps): Promise<Ports> {
  const { sealer } = ground
  const topic = (name: TopicName) => `${config.log.topicPrefix}${name}`
  const target = { ...ground.database, poolSize: config.database.poolSize, applicationName: 'zaplog', logger }
  const database = await waits.waitFor(parts.postgres, signal => openPostgres(target, signal))
  const opened: { close(): Promise<void> }[] = [database]
  const close = () => closeAll(opened, logger)
  try {
    const linkKey = await waits.waitFor(parts.postgres, () => keptSecret({ database, sealer }, 'media-links'))
    const log = await openLog({ config, ground, parts, waits, database, logger, metrics }, topic)
    opened.push(log)
    const codec = await waits.waitFor(parts.registry ?? parts.postgres, signal => openCodec(log.registry, signal))
    const objects = await openObjects({ config: config.objects, ground, parts, waits, publicUrl, logger })
    const watchDatabase = await waits.waitFor(parts.postgres, signal =>
      openPostgres({ ...target, poolSize: 1, applicationName: 'zaplog watch' }, signal),
    )
    const watch = watchParts({ logger }, questions({ ...objects, database: watchDatabase, log }, parts))
    opened.push(watchDatabase, watch)
    return {
      database,
      log: log.log,
      codec,
      progress: createProgressStore(database),
      ...objects,
      sealer,
      links: createMediaLinks({ publicUrl, key: linkKey }),
      topic,
      group: name => `${config.log.groupPrefix}${name}`,
      claimLog: log.claim,
      checks: () => [...watch.checks(), ...log.checks()],
      close,
    }
  } catch (error) {
    await close().catch(() => undefined) // it is said; what went wrong first matters more
    throw error
  }
}

type Askable = { database: Database; log: Log; objects: ObjectStore }

/**
 * Postgres over a connection of its own, which no work keeps waiting. Schemas that this process has seen outlive the registry: it is
 * not asked.
 */
function questions({ database, log, objects }: Askable, { postgres, kafka, s3 }: Parts): readonly Watched[] {
  const watched: Watched[] = [
    { part: postgres ?? embeddedPostgres, everyMs: ASK_EVERY_MS, ask: () => database.query('select 1') },
  ]
  if (kafka !== null && log.ask !== null) watched.push({ part: kafka, everyMs: ASK_EVERY_MS, ask: log.ask })
  if (s3 !== null) watched.push({ part: s3, everyMs: ASK_S3_EVERY_MS, ask: signal => objects.head(ABSENT_KEY, signal) })
  return watched
}

const embeddedPostgres = { name: 'postgres', address: 'the embedded Postgres' }
const ASK_EVERY_MS = 3_000
/** Its requests are paid for. */
const ASK_S3_EVERY_MS = 10_000
/** Nothing is ever put there: the answer is that there is nothing, after a look at the bucket itself. */
const ABSENT_KEY = 'zaplog-asks'
