// Files to send as role processors prepare them, for tests: what stands around them, a server of somebody else’s, and uploads that were asked for.
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import type { Event } from '../../../src/events/event.ts'
import { askUpload, confirmUpload, findUpload, type UploadRow, type UploadSource } from '../../../src/instances/uploads.ts'
import { openUploads, type UploadsDeps } from '../../../src/processors/uploads/open-uploads.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import type { Role } from '../../../src/runtime/role.ts'
import { createSealer } from '../../../src/runtime/seal.ts'
import { openTestDatabase } from '../database.ts'
import { openTestLog } from '../log.ts'
import { openStore } from '../objects/open-store.ts'
import { until } from '../until.ts'
import { mediaConfig, never, uploadsConfig, watchedStore } from './media-world.ts'

export type UploadsWorld = Awaited<ReturnType<typeof openUploadsWorld>>

export async function openUploadsWorld(name: string, logger: Logger) {
  const testDatabase = await openTestDatabase(name)
  const testLog = await openTestLog(testDatabase, { partitions: 1 })
  const under = await openStore()
  const directory = await mkdtemp(join(tmpdir(), 'zaplog-uploads-'))
  const outside = await openOutside()
  const roles: Role[] = []
  return {
    ...{ testDatabase, testLog, under, store: watchedStore(under.store), outside, directory, logger },
    metrics: createMetrics({ processMetrics: false }),
    sealer: createSealer({ current: Buffer.alloc(32, 1), previous: null }),
    /** Those that were started. */
    roles,
    /** So many were asked for. */
    made: 0,
    close: async () => {
      await Promise.all(roles.map(role => role.close()))
      await outside.close()
      await testLog.close()
      await testDatabase.close()
      await under.close()
      await rm(directory, { recursive: true })
    },
  }
}

/** What it says is its `answer` of that time. */
async function openOutside() {
  const silent: RequestListener = (_request, response) => void response.end()
  const server = createServer((request, response) => outside.answer(request, response))
  const outside = {
    server,
    answer: silent,
    close: () => {
      server.closeAllConnections()
      return new Promise(resolve => server.close(resolve))
    },
  }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return outside
}

export const KiB = 1024

export function depsOf(world: UploadsWorld, more: Partial<UploadsDeps['uploads']> = {}): UploadsDeps {
  return {
    ...{
      database: world.testDatabase.database,
      objects: world.store.store,
      sealer: world.sealer,
      logger: world.logger,
      metrics: world.metrics,
      clock: Date.now,
    },
    ...{ log: world.testLog.log, codec: world.testLog.codec, topic: world.testLog.topic },
    config: mediaConfig({ retryDelaysMs: [1, 1], idleTimeoutMs: 2_000 }),
    uploads: uploadsConfig({ compressAboveBytes: 64 * KiB, allowCidrs: ['127.0.0.1/32'], maxVideoBytes: 512 * KiB, ...more }),
    ...{ lookMs: 50, silentMs: 50 },
  }
}

export function start(world: UploadsWorld, more: Partial<UploadsDeps['uploads']> = {}, given: Partial<UploadsDeps> = {}): Role {
  const role = openUploads({ ...depsOf(world, more), ...given })
  world.roles.push(role)
  return role
}

export type Said = Partial<Pick<UploadRow, 'kind' | 'mimetype' | 'sizeBytes' | 'fileName' | 'instanceId'>> & {
  source?: UploadSource
}

/** Asked for, and not brought. */
export async function ask(world: UploadsWorld, { source = { from: 'upload' }, ...said }: Said): Promise<UploadRow> {
  world.made += 1
  const uploadId = createHash('sha256').update(String(world.made)).digest('hex').slice(0, 32)
  const instanceId = said.instanceId ?? 'shop'
  const asked = await askUpload(
    { database: world.testDatabase.database, sealer: world.sealer },
    {
      ...{
        uploadId,
        instanceId,
        source,
        digest: 'd',
        kind: 'image',
        chatId: null,
        caption: null,
        fileName: 'a',
        mimetype: null,
        sizeBytes: null,
      },
      ...{
        incomingKey: `incoming/${instanceId}/uploads/${uploadId}${'0'.repeat(32)}`,
        askedAt: Date.now(),
        expiresAt: Date.now() + 60_000,
      },
      ...said,
    },
  )
  if (asked === null) throw new Error('asking: the instance is purged')
  return asked.row
}

/** Put by its client, and completed. */
export async function give(world: UploadsWorld, bytes: Uint8Array, said: Said): Promise<UploadRow> {
  const row = await ask(world, { sizeBytes: bytes.length, ...said })
  const body = (async function* () {
    yield bytes
  })()
  await world.under.store.put({ key: row.incomingKey, body, contentType: 'application/octet-stream', metadata: {} }, never)
  await confirmUpload(world.testDatabase.database, row.uploadId)
  return row
}

export const settled = (world: UploadsWorld, { instanceId, uploadId }: UploadRow): Promise<UploadRow> =>
  until('it to be ready or failed', async () => {
    const row = await findUpload(world.testDatabase.database, instanceId, uploadId)
    return row !== null && (row.state === 'ready' || row.state === 'failed') ? row : null
  })

export const prepared = async (world: UploadsWorld, bytes: Uint8Array, said: Said) =>
  settled(world, await give(world, bytes, said))

export async function bytesOf(world: UploadsWorld, key: string): Promise<Buffer> {
  const found = await world.under.store.get({ key }, never)
  return Buffer.concat(await Array.fromAsync(found?.body ?? []))
}

/** Keys of all that is in the store for it. */
export async function leftOf(world: UploadsWorld, { incomingKey }: UploadRow): Promise<string[]> {
  return (await Array.fromAsync(world.under.store.list(incomingKey, never))).map(({ key }) => key)
}

export async function told(world: UploadsWorld, uploadId: string): Promise<Event[]> {
  const events: Event[] = []
  for await (const { value } of world.testLog.log.read(world.testLog.topic('events'), { from: 'first', until: 'end' }, never)) {
    const event = await world.testLog.codec.decode(value, never)
    if (event?.type === 'upload.failed' && event.uploadId === uploadId) events.push(event)
  }
  return events
}

/** Noise: no JPEG of it is small. */
export const noise = (side: number) =>
  sharp({
    create: { width: side, height: side, channels: 3, background: '#888', noise: { type: 'gaussian', mean: 128, sigma: 60 } },
  })

export const here = (world: UploadsWorld, path = '/a.jpg', host = '127.0.0.1') => {
  const address = world.outside.server.address()
  return `http://${host}:${typeof address === 'object' ? address?.port : 0}${path}`
}
