// The API as a process with the role api has it: real server, database, log and object store; only time can be set.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type HttpServer, openHttpServer } from '../../../src/api/http-server.ts'
import { openApi } from '../../../src/api/open-api.ts'
import type { StreamLimits } from '../../../src/api/stream/streams.ts'
import type { Database } from '../../../src/database/database.ts'
import { createSealedWalk } from '../../../src/database/walk-sealed.ts'
import { partitionOf } from '../../../src/log/append/partitioner.ts'
import type { EventLog } from '../../../src/log/log.ts'
import { projectedTopics, readConsumers } from '../../../src/main/read-consumers.ts'
import { sealedColumns } from '../../../src/main/sealed-columns.ts'
import { openFilesystemStore, verifyPresigned } from '../../../src/objects/filesystem.ts'
import type { ObjectStore } from '../../../src/objects/objects.ts'
import { all as allProjections } from '../../../src/projections/all.ts'
import { parseConfig } from '../../../src/runtime/config.ts'
import type { Dialect } from '../../../src/runtime/config-values.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { createMediaLinks, type MediaLinks } from '../../../src/runtime/media-links.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import type { Role } from '../../../src/runtime/role.ts'
import { createSealer, type Sealer } from '../../../src/runtime/seal.ts'
import { openTestDatabase } from '../database.ts'
import { openTestLog } from '../log.ts'

export const partitions = 2
export const adminKey = 'admin-key-of-the-tests'
export const metricsToken = 'metrics-token-of-the-tests'
type Call = {
  body?: unknown
  rawBody?: string | Uint8Array<ArrayBuffer>
  headers?: Record<string, string>
  key?: string | null
  signal?: AbortSignal
}
export type Answer = { status: number; headers: Headers; text: string; json: Record<string, unknown> }

export type TestApi = {
  url: string
  server: HttpServer
  apiRole: Role
  database: Awaited<ReturnType<typeof openTestDatabase>>['database']
  testLog: Awaited<ReturnType<typeof openTestLog>>
  objects: ObjectStore
  links: MediaLinks
  sealer: Sealer
  /** Moves with the tests' hands only. */
  clock: { nowAt: number }
  call(method: string, path: string, call?: Call): Promise<Answer>
  /** Another API process on the same database. */
  openAnother(given?: Given): Promise<{ url: string; close(): Promise<void> }>
  close(): Promise<void>
}
/** Wrappers around the ports of one process. */
type Given = {
  log?: (log: EventLog) => EventLog
  objects?: (objects: ObjectStore) => ObjectStore
  database?: (database: Database) => Database
  trustedProxies?: readonly string[]
  maxConnections?: number
  webhooks?: Partial<ReturnType<typeof defaults>['webhooks']>
  uploads?: Partial<ReturnType<typeof defaults>['uploads']>
  stream?: Partial<StreamLimits>
  pairingCodeWaitMs?: number
  socketReadWaitMs?: number
  socketReadersMax?: number
  commandsWaitingMax?: number
  dialects?: readonly Dialect[]
  dialectWaitMs?: number
}

export async function openTestApi(name: string, logger: Logger, given: Given = {}): Promise<TestApi> {
  const testDatabase = await openTestDatabase(name)
  const { database } = testDatabase
  const testLog = await openTestLog(testDatabase, { partitions })
  const directory = await mkdtemp(join(tmpdir(), 'zaplog-api-'))
  const clock = { nowAt: Date.UTC(2026, 0, 5, 12) }
  const sealer = createSealer({ current: Buffer.alloc(32, 7), previous: null })
  const open: { close(): Promise<void> }[] = []

  async function openOne(given: Given) {
    const { log = one => one, objects: wrapObjects = one => one, database: wrapDatabase = one => one } = given
    const metrics = createMetrics({ processMetrics: false })
    const shared = {
      checks: () => [],
      isReady: () => true,
      metrics,
      logger,
      config: {
        host: '127.0.0.1',
        port: 0,
        http: { trustedProxies: given.trustedProxies ?? [], maxConnections: given.maxConnections ?? 1000 },
      },
      keys: () => ({ admin: adminKey, metrics: metricsToken }),
      clock: () => clock.nowAt,
    }
    const server = await openHttpServer(shared)
    const signingKey = sealer.derive('objects')
    const store = await openFilesystemStore({ directory, publicUrl: server.url, signingKey, logger, clock: () => clock.nowAt })
    const links = createMediaLinks({ publicUrl: server.url, key: sealer.derive('media-links') })
    const api = await openApi({
      ...shared,
      server,
      database: wrapDatabase(database),
      log: log(testLog.log),
      codec: testLog.codec,
      objects: wrapObjects(store),
      verifyObjectUrl: (request, nowAt) => verifyPresigned(signingKey, request, nowAt),
      sealer,
      walkSealed: createSealedWalk({ database, sealer }, sealedColumns),
      links,
      topic: testLog.topic,
      replayTopic: testLog.replayTopic,
      declareKept: testLog.declareKept,
      publicUrl: server.url,
      partitions,
      retentionMs: 'forever',
      partitionOf: key => partitionOf(key, partitions),
      projected: projectedTopics,
      projections: allProjections,
      consumers: () => readConsumers({ database, topic: testLog.topic, consumerGroup: name => `zaplog.${name}` }),
      stream: given.stream,
      pairingCodeWaitMs: given.pairingCodeWaitMs,
      socketReadWaitMs: given.socketReadWaitMs,
      socketReadersMax: given.socketReadersMax,
      webhooks: { ...defaults().webhooks, ...given.webhooks },
      commands: { ...defaults().commands, ...(given.commandsWaitingMax && { waitingMax: given.commandsWaitingMax }) },
      processing: defaults().processing,
      dialectWaitMs: given.dialectWaitMs,
      uploads: { ...defaults().uploads, ...given.uploads },
      dialects: given.dialects ?? [],
      version: '0.0.0-test',
    })
    open.push(server, api)
    return { server, links, objects: store, api }
  }

  const { server, links, objects, api: apiRole } = await openOne(given)
  return {
    url: server.url,
    server,
    apiRole,
    database,
    testLog,
    objects,
    links,
    sealer,
    clock,
    call: (method, path, call = {}) => callApi(new URL(path, server.url), method, call),
    openAnother: async another => {
      const opened = await openOne(another ?? {})
      return { url: opened.server.url, close: opened.api.close }
    },
    close: async () => {
      for (const one of open.reverse()) await one.close()
      await testLog.close()
      await testDatabase.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function defaults() {
  const parsed = parseConfig({})
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.config
}

async function callApi(url: URL, method: string, { body, rawBody, headers = {}, key = adminKey, signal }: Call): Promise<Answer> {
  const sent = rawBody ?? (body === undefined ? undefined : JSON.stringify(body))
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent }),
    ...(signal === undefined ? {} : { signal }),
  })
  const text = await textOf(response)
  const isJson = text !== '' && /json/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : {} }
}

/** A stream has no end: whoever wants to read it asks for it by itself. */
async function textOf(response: Response): Promise<string> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response.text()
  await response.body?.cancel()
  return ''
}
