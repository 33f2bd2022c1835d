// The ports, on the adapters that the configuration chooses: database, log, registry, object store, and what is made of them.
import type { Database } from '../database/database.ts'
import { type Codec, openCodec } from '../events/codec.ts'
import type { TopicName } from '../events/topics.ts'
import { type AccountsHere, createAccountsHere } from '../instances/accounts-here.ts'
import type { EventLog, TopicDeclaration } from '../log/log.ts'
import { createProgressStore, type ProgressRows } from '../log/progress.ts'
import type { ObjectStore } from '../objects/objects.ts'
import type { SchemaRegistry } from '../registry/registry.ts'
import type { Config, RoleName } from '../runtime/config.ts'
import type { Logger } from '../runtime/logger.ts'
import { createMediaLinks, type MediaLinks } from '../runtime/media-links.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { Check } from '../runtime/role.ts'
import type { Sealer } from '../runtime/seal.ts'
import type { Traces } from '../runtime/traces.ts'
import { closeAll } from './close-all.ts'
import { openDatabases } from './databases.ts'
import type { Ground } from './ground.ts'
import { keptSecret } from './kept-secret.ts'
import { type Log, openLog } from './log.ts'
import { type Objects, openObjects } from './objects.ts'
import type { Parts } from './parts.ts'
import { withKeptIds } from './registry-ids.ts'
import { claimSealingKey } from './sealing-keys.ts'
import { createVersionStanding } from './version-standing.ts'
import type { Waits } from './waits.ts'
import { type Watched, watchParts } from './watch-parts.ts'

export type Ports = {
  /** Of one role: its own connections, which no other keeps waiting. */
  database: Database
  /** Of the role webhooks, for what waits as rows; of others the same as `database`. */
  waitingDatabase: Database
  /** One connection of the process, for saying in time what is held: no work keeps it waiting. */
  leaseDatabase: Database
  log: EventLog
  codec: Codec
  registry: SchemaRegistry
  progress: ProgressRows
  objects: ObjectStore
  sealer: Sealer
  links: MediaLinks
  /** null: they are off. */
  traces: Traces | null
  accountsHere: AccountsHere
  topic(name: TopicName): string
  /** Of a replay by its name. */
  replayTopic(name: string): string
  declareKept(topic: string): TopicDeclaration
  consumerGroup(name: string): string
  /** null where the object store signs and serves its own URLs. */
  verifyObjectUrl: Objects['verifyObjectUrl']
  /** The log through other connections than the role's. */
  logOver(database: Database): EventLog
  /** Before the first offset of the log is kept: from now on the database belongs to it. Rejects OtherLog. */
  claimLog(): Promise<void>
  /** What was found at start and still holds, and whether the parts answer. */
  checks(): readonly Check[]
  close(): Promise<void>
}
export type AllPorts = Ports & {
  /** What a role works with: everything that reaches Postgres does so through connections of that role. */
  of(role: RoleName): Ports
}
type Deps = { config: Config; ground: Ground; parts: Parts; waits: Waits; logger: Logger; metrics: Metrics; publicUrl: string }

export async function openPorts({ config, ground, parts, waits, logger, metrics, publicUrl }: Deps): Promise<AllPorts> {
  const { sealer } = ground
  const topic = (name: TopicName) => `${config.log.topicPrefix}${name}`
  const databases = await openDatabases({ config, ground, parts, waits, logger })
  const database = databases.of('appends')
  const opened: { close(): Promise<void> }[] = [databases]
  const close = () => closeAll(opened, logger)
  try {
    await waits.waitFor(parts.postgres, signal => claimSealingKey({ database, sealer, logger, columns: loadColumns }, signal))
    const linkKey = await waits.waitFor(parts.postgres, () => keptSecret({ database, sealer }, 'media-links'))
    const log = await openLog({ config, parts, waits, databases, logger, metrics }, topic)
    opened.push(log)
    const codec = await waits.waitFor(parts.registry ?? parts.postgres, signal =>
      parts.registry === null
        ? openCodec(log.registry, signal)
        : withKeptIds({ database, registry: log.registry, open: openCodec }, signal),
    )
    const objects = await openObjects({ config: config.objects, ground, parts, waits, publicUrl, logger })
    const standing = createVersionStanding({ logger })
    const lookAtStanding = (over: Database) => standing.look(() => log.lookAtStanding(over))
    const watch = watchParts(
      { logger },
      questions({ ...objects, database: databases.watch, log: { ...log, lookAtStanding } }, parts),
    )
    opened.push(watch)
    const shared = {
      leaseDatabase: databases.watch,
      codec,
      registry: log.registry,
      ...objects,
      sealer,
      links: createMediaLinks({ publicUrl, key: linkKey }),
      accountsHere: createAccountsHere(),
      traces: null,
      topic,
      replayTopic: (name: string) => `${config.log.topicPrefix}replay.${name}`,
      declareKept: log.declareKept,
      consumerGroup: (name: string) => `${config.log.groupPrefix}${name}`,
      logOver: log.over,
      claimLog: log.claim,
      checks: () => [...watch.checks(), ...standing.checks(), ...log.checks()],
      close,
    }
    const through = (own: Database, waitingDatabase = own): Ports => ({
      ...shared,
      database: own,
      waitingDatabase,
      log: log.over(own),
      progress: createProgressStore(own),
    })
    return {
      ...through(database),
      of: role =>
        role === 'webhooks'
          ? through(databases.of('deliveries'), databases.of('waiting'))
          : through(databases.of(role === 'producers' ? 'intake' : role)),
    }
  } catch (error) {
    await close().catch(() => undefined) // it is said; what went wrong first matters more
    throw error
  }
}

/** Which hardly any start needs, and all owners with them. */
const loadColumns = async () => (await import('./sealed-columns.ts')).sealedColumns

type Askable = { database: Database; log: Pick<Log, 'ask' | 'lookAtStanding'>; objects: ObjectStore }

/**
 * Postgres over a connection of its own, which no work keeps waiting. Schemas that this process has seen outlive the registry: it is
 * not asked.
 */
function questions({ database, log, objects }: Askable, { postgres, kafka, s3 }: Parts): readonly Watched[] {
  const watched: Watched[] = [
    { part: postgres ?? embeddedPostgres, everyMs: ASK_EVERY_MS, ask: () => log.lookAtStanding(database) },
  ]
  if (kafka !== null && log.ask !== null) watched.push({ part: kafka, everyMs: ASK_EVERY_MS, ask: log.ask })
  if (s3 !== null)
    watched.push({ part: s3, everyMs: ASK_S3_EVERY_MS, ask: signal => objects.head(objects.newKey(ABSENT_NAME), signal) })
  return watched
}

const embeddedPostgres = { name: 'postgres', address: 'the embedded Postgres' }
const ASK_EVERY_MS = 3_000
/** Its requests are paid for. */
const ASK_S3_EVERY_MS = 10_000
/** Nothing is ever put there: the answer is that there is nothing, after a look at the bucket itself. */
const ABSENT_NAME = 'zaplog-asks'
