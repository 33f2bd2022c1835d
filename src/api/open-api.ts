// The HTTP API on the process's server: every call but those of health and the pages needs a key or a signature.
import type { Database } from '../database/database.ts'
import type { WalkSealed } from '../database/sealed-column.ts'
import type { Codec } from '../events/codec.ts'
import type { TopicName } from '../events/topics.ts'
import { type AccountsHere, createAccountsHere } from '../instances/accounts-here.ts'
import { commandEndsChannel } from '../instances/commands-at-work.ts'
import { openOutbox } from '../instances/outbox.ts'
import { MOST_WAITING, socketAnswersChannel } from '../instances/socket-reads.ts'
import type { EventLog, TopicDeclaration } from '../log/log.ts'
import type { ObjectStore } from '../objects/objects.ts'
import type { Config } from '../runtime/config.ts'
import type { Logger } from '../runtime/logger.ts'
import type { MediaLinks } from '../runtime/media-links.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { Role } from '../runtime/role.ts'
import type { Sealer } from '../runtime/seal.ts'
import type { Traces } from '../runtime/traces.ts'
import { openEndpointTester } from '../webhooks/bridge/endpoint-tester.ts'
import { aboutRoutes } from './about-routes.ts'
import { actionsInChats } from './chats/chats.ts'
import { commandRoutes } from './commands/command-routes.ts'
import { type App, createApp } from './create-app.ts'
import { type DeadLetterRouteDeps, deadLetterRoutes } from './dead-letters/dead-letter-routes.ts'
import { deliveryRoutes } from './deliveries/delivery-routes.ts'
import { dialectRoutes } from './dialect-routes.ts'
import { encryptionKeyRoutes } from './encryption-key-routes.ts'
import { endpointRoutes } from './endpoints/endpoint-routes.ts'
import { listenerRoutes } from './endpoints/listener-routes.ts'
import { mailboxRoutes } from './endpoints/mailbox-routes.ts'
import { endpointTestRoute } from './endpoints/test-route.ts'
import { eventRoutes } from './events/events.ts'
import { groupActionRoutes } from './groups/groups.ts'
import { type HealthDeps, healthRoutes } from './health-routes.ts'
import type { HttpServer } from './http-server.ts'
import { instanceRoutes } from './instances/instance-routes.ts'
import { openPendingQr } from './instances/pending-qr.ts'
import { createKeptPositions } from './kept-positions.ts'
import { type Consumer, lagRoutes } from './lag-routes.ts'
import { laterCallRoutes } from './later-calls.ts'
import { logRoutes } from './log-routes.ts'
import { mediaLinkRoutes } from './media/media-link-routes.ts'
import { objectRoutes, type VerifyObjectUrl } from './media/object-routes.ts'
import { callRoutes } from './messages/call-routes.ts'
import { chatRoutes } from './messages/chat-routes.ts'
import { groupRoutes } from './messages/group-routes.ts'
import { labelRoutes } from './messages/label-routes.ts'
import { openLastPresences } from './messages/last-presences.ts'
import { messageRoutes } from './messages/message-routes.ts'
import { openApiDocument } from './open-api-document.ts'
import { pageRoutes } from './pages/page-routes.ts'
import { openSessionEnds } from './processing/end-late-sessions.ts'
import { processingRoutes } from './processing/processing-routes.ts'
import { type ProjectionRouteDeps, projectionRoutes, type RunProjection } from './projections/projection-routes.ts'
import { readRoutes } from './reads/read-routes.ts'
import { createWaitingReaders } from './reads/waiting-readers.ts'
import { type RebuildRouteDeps, rebuildRoutes } from './rebuilds/rebuild-routes.ts'
import { type ReplayRouteDeps, replayRoutes } from './replays/replay-routes.ts'
import { openRowWatch } from './row-watch.ts'
import { createDecodeForStream } from './stream/decode-for-stream.ts'
import { streamRoutes } from './stream/stream-routes.ts'
import type { StreamLimits } from './stream/streams.ts'
import { traceCalls } from './trace-calls.ts'
import { putRoutes } from './uploads/put-routes.ts'
import { uploadRoutes } from './uploads/upload-routes.ts'

export type ApiDeps = HealthDeps & {
  server: HttpServer
  database: Database
  log: Pick<EventLog, 'append' | 'inside' | 'lag' | 'read' | 'follow' | 'ensureTopics' | 'positionsAt'>
  /** Which of them this process holds [none]. */
  accountsHere?: AccountsHere
  codec: Codec
  objects: ObjectStore
  sealer: Sealer
  walkSealed: WalkSealed
  links: MediaLinks
  /** Checks presigned URLs of the embedded object store; null where another one signs and serves them. */
  verifyObjectUrl: VerifyObjectUrl | null
  topic(name: TopicName): string
  /** Of a replay by its name. */
  replayTopic(name: string): string
  declareKept(topic: string): TopicDeclaration
  /** Of each topic. */
  partitions: number
  /** Of new topics, where they have none of their own. */
  retentionMs: number | 'forever'
  /** Where the records of a key are. */
  partitionOf(key: string): number
  /** What projections read. */
  projected: readonly TopicName[]
  /** Each version that this release runs. */
  projections: readonly RunProjection[]
  /** Whoever consumes the log, and how far each is. */
  consumers(): Promise<readonly Consumer[]>
  publicUrl: string
  webhooks: Config['webhooks']
  commands: Config['commands']
  processing: Pick<Config['processing'], 'timeoutMs'>
  uploads: Config['uploads']
  dialects: Config['dialects']
  /** null or left out: nobody traces. */
  traces?: Traces | null
  metrics: Metrics
  logger: Logger
  version: string
  clock: () => number
  /** For tests, which do not wait. */
  stream?: Partial<StreamLimits> | undefined
  pairingCodeWaitMs?: number | undefined
  socketReadWaitMs?: number | undefined
  socketReadersMax?: number | undefined
  dialectWaitMs?: number | undefined
}

/** What is made of the log, what nobody could make of it, and what is made of it once more: topics of a range of it, and the read model. */
function copyRoutes(app: App, deps: ReplayRouteDeps & RebuildRouteDeps & ProjectionRouteDeps & DeadLetterRouteDeps): void {
  deadLetterRoutes(app, deps)
  projectionRoutes(app, deps)
  replayRoutes(app, deps)
  rebuildRoutes(app, deps)
}

/** Longest that a request may still take when the process stops. */
const CLOSE_GRACE_MS = 10_000

export async function openApi(deps: ApiDeps): Promise<Role> {
  const stopping = new AbortController()
  const cut = new AbortController()
  const watches = await openWatches(deps, cut.signal)
  const outbox = openOutbox(deps)
  const { door, connections } = deps.server
  const app = createApp({ ...deps, door, connections })
  if (deps.traces != null) traceCalls(app, deps.traces)
  const presences = openLastPresences({ ...deps, decode: createDecodeForStream(deps) })
  const tester = openEndpointTester({ ...deps, config: deps.webhooks })
  const routeDeps = {
    accountsHere: createAccountsHere(),
    ...deps,
    connections,
    kept: createKeptPositions(deps),
    outbox,
    ...watches,
    presences,
    tester,
    waitingReaders: createWaitingReaders(deps.socketReadersMax ?? MOST_WAITING),
    calls: new Map(),
    config: deps.webhooks,
    monotonic: () => performance.now(),
    stopping: stopping.signal,
    cut: cut.signal,
  }
  await describedRoutes(app, routeDeps)
  const sessionEnds = openSessionEnds(routeDeps)
  await dialectRoutes(app, routeDeps)
  await app.ready()
  const unmount = deps.server.mount((request, response) => app.routing(request, response))

  let closed: Promise<void> | null = null
  async function close() {
    stopping.abort() // ends waiting requests; the others are finished
    await unmount(CLOSE_GRACE_MS)
    cut.abort()
    await presences.close()
    await tester.close()
    await sessionEnds.close()
    await outbox.close()
    await app.close()
  }
  return {
    name: 'api',
    checks: () => {
      const trouble = outbox.trouble()
      return [{ name: 'api', state: trouble === null ? 'ok' : 'degraded', detail: trouble ?? '' }]
    },
    close: () => {
      closed ??= close()
      return closed
    },
  }
}

/** What /openapi.json describes, and itself. */
export async function describedRoutes(
  app: App,
  deps: Parameters<typeof openApiDocument>[1] &
    Parameters<typeof seenRoutes>[1] &
    Parameters<typeof askingRoutes>[1] &
    Parameters<typeof recordRoutes>[1] &
    Parameters<typeof copyRoutes>[1] &
    Parameters<typeof serverRoutes>[1] &
    Parameters<typeof ownRoutes>[1] &
    Parameters<typeof fileRoutes>[1] &
    Parameters<typeof streamRoutes>[1],
): Promise<void> {
  await openApiDocument(app, deps)
  serverRoutes(app, deps)
  ownRoutes(app, deps)
  seenRoutes(app, deps)
  askingRoutes(app, deps)
  recordRoutes(app, deps)
  copyRoutes(app, deps)
  fileRoutes(app, deps)
  streamRoutes(app, deps)
  laterCallRoutes(app)
}

/** What there is of the server itself. */
function serverRoutes(
  app: App,
  deps: Parameters<typeof healthRoutes>[1] &
    Parameters<typeof pageRoutes>[1] &
    Parameters<typeof aboutRoutes>[1] &
    Parameters<typeof encryptionKeyRoutes>[1],
): void {
  healthRoutes(app, deps)
  pageRoutes(app, deps)
  aboutRoutes(app, deps)
  encryptionKeyRoutes(app, deps)
}

/** Accounts themselves, and who is told what happens. */
export function ownRoutes(
  app: App,
  deps: Parameters<typeof instanceRoutes>[1] &
    Parameters<typeof endpointRoutes>[1] &
    Parameters<typeof endpointTestRoute>[1] &
    Parameters<typeof listenerRoutes>[1] &
    Parameters<typeof mailboxRoutes>[1],
): void {
  instanceRoutes(app, deps)
  endpointRoutes(app, deps)
  endpointTestRoute(app, deps)
  listenerRoutes(app, deps)
  mailboxRoutes(app, deps)
}

/** Whatever ends what is waited for says so; that may be missed. */
const pollMs = 5_000

const openWatches = async (deps: ApiDeps, signal: AbortSignal) => ({
  pendingQr: await openPendingQr(deps, signal),
  socketAnswers: await openRowWatch(deps.database, { channels: [socketAnswersChannel], pollMs }, signal),
  commandEnds: await openRowWatch(deps.database, { channels: [commandEndsChannel], pollMs }, signal),
})

/** What the read model has of accounts. */
export function seenRoutes(app: App, deps: Parameters<typeof chatRoutes>[1] & Parameters<typeof messageRoutes>[1]): void {
  chatRoutes(app, deps)
  groupRoutes(app, deps)
  callRoutes(app, deps)
  labelRoutes(app, deps)
  messageRoutes(app, deps)
}

/** What accounts are asked for. */
export function askingRoutes(
  app: App,
  deps: Parameters<typeof commandRoutes>[1] &
    Parameters<typeof processingRoutes>[1] &
    Parameters<typeof readRoutes>[1] &
    Parameters<typeof uploadRoutes>[1],
): void {
  commandRoutes(app, deps)
  processingRoutes(app, deps)
  groupActionRoutes(app, deps)
  readRoutes(app, deps)
  actionsInChats(app, deps)
  uploadRoutes(app, deps)
}

/** What became of records. */
function recordRoutes(
  app: App,
  deps: Parameters<typeof deliveryRoutes>[1] &
    Parameters<typeof eventRoutes>[1] &
    Parameters<typeof lagRoutes>[1] &
    Parameters<typeof logRoutes>[1],
): void {
  deliveryRoutes(app, deps)
  eventRoutes(app, deps)
  lagRoutes(app, deps)
  logRoutes(app, deps)
}

/** Files that came, and those that are to be sent. */
function fileRoutes(
  app: App,
  deps: Parameters<typeof mediaLinkRoutes>[1] & Parameters<typeof objectRoutes>[1] & Parameters<typeof putRoutes>[1],
): void {
  mediaLinkRoutes(app, deps)
  objectRoutes(app, deps)
  putRoutes(app, deps)
}
