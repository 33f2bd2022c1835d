// Presigned URLs against a real server: they grant what was signed until the end they were said to have, and nothing else; and the uploads of
// clients that go through them.
import { randomUUID } from 'node:crypto'
import dns from 'node:dns'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { S3_VIRTUAL_DOMAIN } from '../../infra/services/s3.ts'
import { sampleJpeg, samplePdf } from '../../simulator/media/sample-media.ts'
import { findUpload } from '../../src/instances/uploads.ts'
import { examineStore } from '../../src/main/examine-objects.ts'
import type { ObjectStore } from '../../src/objects/objects.ts'
import { uploadExpiry } from '../../src/processors/uploads/expire-uploads.ts'
import { openUploads } from '../../src/processors/uploads/open-uploads.ts'
import { parseConfig } from '../../src/runtime/config.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import type { Role } from '../../src/runtime/role.ts'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { endOf, openS3World, type S3World } from '../ground/objects/s3-world.ts'
import { runsHere } from '../ground/runs-here.ts'
import { until } from '../ground/until.ts'

const here = await runsHere('s3')
const never = new AbortController().signal
const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

describe.runIf(here)('a presigned URL', () => {
  let world: S3World
  let store: ObjectStore
  const key = 'media/a file “é”.txt'
  beforeAll(async () => {
    world = await openS3World('presigned')
    store = await world.open()
    await store.put({ key, body: bytes('hello'), contentType: 'text/plain', metadata: {} }, never)
  })
  afterAll(() => world?.close())

  test('[C7] gets the bytes, as an attachment of the name asked for', async () => {
    const downloadName = 'vídeo "1" \ud83d.txt' // half a character, as a stranger may have sent it
    const { url } = await store.presign({ method: 'GET', key, expiresInMs: MINUTE_MS, downloadName }, never)
    const response = await fetch(url)
    expect(await response.text()).toBe('hello')
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="v_deo _1_ _.txt"; filename*=UTF-8''v%C3%ADdeo%20%221%22%20%EF%BF%BD.txt`,
    )
  })

  test('[H7] the look at a bucket puts, reads and deletes, and says that browsers may not put where no rule lets them', async () => {
    const [speed, browsers, clock] = await examineStore(store, 'https://zap.example', never)
    expect(speed?.found).toMatch(/^puts [\d.]+ MiB\/s, reads [\d.]+ MiB\/s/)
    expect(browsers).toMatchObject({ state: 'warn', mend: expect.stringContaining('AllowedMethods PUT') })
    expect(clock?.state).toBe('ok')
    expect(await Array.fromAsync(store.list('doctor/', never))).toEqual([])
  })

  test('[C7] is 403 when its key, name, end or signature was changed', async () => {
    const { url } = await store.presign({ method: 'GET', key, expiresInMs: MINUTE_MS, downloadName: 'a.txt' }, never)
    const tampered = {
      key: url.replace('/media/', '/other/'),
      name: url.replaceAll('a.txt', 'b.txt'),
      end: url.replace('X-Amz-Expires=60', 'X-Amz-Expires=61'),
      date: url.replace(/(X-Amz-Date=\d{8}T\d{5})\d/, (_, most) => `${most}${9 - Number(url.match(/T\d{5}(\d)Z/)?.[1])}`),
      signature: url.replace(/X-Amz-Signature=../, 'X-Amz-Signature=zz'),
    }
    expect((await fetch(url)).status).toBe(200)
    for (const [what, changed] of Object.entries(tampered)) {
      expect(changed, what).not.toBe(url)
      expect((await fetch(changed)).status, what).toBe(403)
    }
  })

  test('[C7] the server ends a URL when it says, to the second', async () => {
    const nowAt = Date.now()
    const signedAgo = async (agoMs: number) => {
      const past = await world.open({ clock: () => nowAt - agoMs })
      return await past.presign({ method: 'GET', key, expiresInMs: MINUTE_MS }, never)
    }
    const ended = await signedAgo(MINUTE_MS + 1000)
    expect(ended.expiresAt).toBe(endOf(ended.url))
    expect(ended.expiresAt).toBeLessThan(nowAt)
    const [expired, alive] = [await fetch(ended.url), await signedAgo(MINUTE_MS - 5000).then(({ url }) => fetch(url))]
    expect([expired.status, alive.status]).toEqual([403, 200])
    expect(await expired.text()).toContain('expired')
  })

  test('[C13] puts bytes of the type and size it was made for, and no others', async () => {
    const grant = { method: 'PUT' as const, key: 'uploads/1', expiresInMs: MINUTE_MS, contentType: 'image/png', sizeBytes: 4 }
    const { url } = await store.presign(grant, never)
    const put = (body: string, contentType: string) =>
      fetch(url, { method: 'PUT', body, headers: { 'content-type': contentType } })
    expect((await put('12345', 'image/png')).status).toBe(403)
    expect((await put('1234', 'text/html')).status).toBe(403)
    expect(await store.head('uploads/1', never)).toBeNull()
    expect((await put('1234', 'image/png')).status).toBe(200)
    expect(await store.head('uploads/1', never)).toMatchObject({ sizeBytes: 4, contentType: 'image/png' })
  })

  test('[C7] of more than 7 days is refused and says why', async () => {
    const asked = store.presign({ method: 'GET', key, expiresInMs: 7 * DAY_MS + 1 }, never)
    await expect(asked).rejects.toMatchObject({ code: 'refused', retryable: false })
    await expect(asked).rejects.toThrow('expected 1 second to 7 days, got 604800001 ms')
  })

  test('[C7] ends with temporary credentials that end earlier, and that is said', async () => {
    const logger = collectLogLines()
    const nowAt = Date.now()
    const credentials = { ...world.server.credentials, expiresAt: nowAt + 30 * MINUTE_MS }
    const temporary = await world.open({ credentials, logger, clock: () => nowAt })
    const { url, expiresAt } = await temporary.presign({ method: 'GET', key, expiresInMs: 7 * DAY_MS }, never)
    expect(expiresAt).toBe(endOf(url))
    expect(credentials.expiresAt - expiresAt).toBeLessThan(1000)
    expect(expiresAt).toBeLessThanOrEqual(credentials.expiresAt)
    expect((await fetch(url)).status).toBe(200)
    expect(logger.lines).toMatchObject([{ level: 'warn', event: 'objects.url-ends-early', fields: { key, askedMs: 7 * DAY_MS } }])
    for (const expiresInMs of [29 * MINUTE_MS, DAY_MS]) await temporary.presign({ method: 'GET', key, expiresInMs }, never)
    expect(logger.lines).toHaveLength(1) // once per credentials
  })

  test('[C7] is denied once the credentials have ended', async () => {
    const expiresAt = Date.now() + 10 * MINUTE_MS
    const credentials = { ...world.server.credentials, expiresAt }
    const late = await world.open({ credentials, clock: () => expiresAt + 1 })
    await expect(late.presign({ method: 'GET', key, expiresInMs: MINUTE_MS }, never)).rejects.toMatchObject({ code: 'denied' })
  })

  test('[C7] names the bucket in its host where path style is off', async () => {
    resolveLocalhostNames()
    const endpoint = `http://${S3_VIRTUAL_DOMAIN}:${world.server.port}`
    const virtual = await world.open({ endpoint, forcePathStyle: false })
    const { url } = await virtual.presign({ method: 'GET', key, expiresInMs: MINUTE_MS }, never)
    expect(new URL(url).host).toBe(`presigned.${S3_VIRTUAL_DOMAIN}:${world.server.port}`)
    expect(await (await fetch(url)).text()).toBe('hello')
    expect((await virtual.head(key, never))?.sizeBytes).toBe(5)
  })
})

describe.runIf(here)('an upload of a client', () => {
  let world: S3World
  let store: ObjectStore
  let api: TestApi
  let preparing: Role
  let photo: Buffer
  const logger = collectLogLines()
  /** How long ago its URL was signed. */
  let signedAgoMs = 0
  beforeAll(async () => {
    world = await openS3World('uploads')
    store = await world.open({ clock: () => Date.now() - signedAgoMs })
    api = await openTestApi('uploads to s3', logger, { objects: () => store })
    api.clock.nowAt = Date.now()
    await api.call('POST', '/v1/instances', { body: { id: 'shop', name: 'Shop' } })
    photo = await sampleJpeg()
    const parsed = parseConfig({})
    if (!parsed.ok) throw new Error('the defaults do not parse')
    preparing = openUploads({
      ...{ database: api.database, objects: store, sealer: api.sealer, logger, clock: Date.now, lookMs: 50 },
      metrics: createMetrics({ processMetrics: false }),
      ...{ log: api.testLog.log, codec: api.testLog.codec, topic: api.testLog.topic },
      ...{ config: parsed.config.media, uploads: parsed.config.uploads },
    })
  })
  afterAll(async () => {
    await preparing?.close()
    await api?.close()
    await world?.close()
  })

  async function ask(key: string = randomUUID()): Promise<{ uploadId: string; url: string }> {
    const body = { fileName: 'photo.jpg', mimetype: 'image/jpeg', sizeBytes: photo.length }
    const { status, json } = await api.call('POST', '/v1/instances/shop/uploads', { body, headers: { 'idempotency-key': key } })
    expect([status, json.headers]).toEqual([201, { 'content-type': 'image/jpeg', 'content-length': String(photo.length) }])
    return { uploadId: String(json.uploadId), url: String(json.url) }
  }
  const put = async (url: string, body: Uint8Array = photo, contentType = 'image/jpeg') =>
    (await fetch(url, { method: 'PUT', body: new Uint8Array(body), headers: { 'content-type': contentType } })).status
  const complete = async (uploadId: string) => {
    const { status, json } = await api.call('POST', `/v1/uploads/${uploadId}/complete`)
    return { status, type: json.type }
  }
  const notReceived = { status: 409, type: 'urn:zaplog:problem:upload-not-received' }
  const settled = (uploadId: string) =>
    until('it to be prepared', async () => {
      const { json } = await api.call('GET', `/v1/uploads/${uploadId}`)
      return json.state !== 'pending' && json.state !== 'processing' && json
    })
  const rowOf = async (uploadId: string) => {
    const row = await findUpload(api.database, 'shop', uploadId)
    if (row === null) throw new Error('expected its row')
    return row
  }
  const keysOf = async () => (await Array.fromAsync(store.list('', never))).map(({ key }) => key)

  test('[C13] goes straight into the bucket, and what is there is what is sent', async () => {
    const { uploadId, url } = await ask()
    expect(new URL(url).origin).toBe(world.server.endpoint)
    expect(await put(url)).toBe(200)
    expect((await complete(uploadId)).status).toBe(202)
    expect(await settled(uploadId)).toMatchObject({ state: 'ready', mimetype: 'image/jpeg', sizeBytes: photo.length, width: 320 })
    const { file } = await rowOf(uploadId)
    expect(await store.head(file?.objectKey ?? '', never)).toMatchObject({ sizeBytes: photo.length, contentType: 'image/jpeg' })
  })

  test('[C13] of another length or type than was announced is not taken, nor completed, and may be put after all', async () => {
    const { uploadId, url } = await ask()
    expect(await put(url, Buffer.concat([photo, photo]))).toBe(403)
    expect(await put(url, photo.subarray(1))).toBe(403)
    expect(await put(url, photo, 'image/png')).toBe(403)
    expect(await complete(uploadId)).toEqual(notReceived)
    expect(await put(url)).toBe(200)
    expect((await complete(uploadId)).status).toBe(202)
  })

  test('[C13] whose URL is over is asked for again under its key', async () => {
    signedAgoMs = 6 * MINUTE_MS
    const { uploadId, url } = await ask('late')
    signedAgoMs = 0
    expect(await put(url)).toBe(403)
    expect(await complete(uploadId)).toEqual(notReceived)
    const again = await ask('late')
    expect(again.uploadId).toBe(uploadId)
    expect(await put(again.url)).toBe(200)
    expect((await complete(uploadId)).status).toBe(202)
  })

  test('[C13] that lies about what it is has failed, and nothing of it stays', async () => {
    const { uploadId, url } = await ask()
    const pdf = Buffer.concat([samplePdf(), Buffer.alloc(photo.length)]).subarray(0, photo.length)
    expect(await put(url, pdf)).toBe(200)
    expect((await complete(uploadId)).status).toBe(202)
    expect(await settled(uploadId)).toMatchObject({ state: 'failed', reason: 'type-mismatch' })
    await until('its bytes to be gone', async () => !(await keysOf()).some(key => key.includes(uploadId)))
  })

  test('[C13] that is put once more counts as it was completed: what comes after changes nothing of what is sent', async () => {
    const { uploadId, url } = await ask()
    expect(await put(url, Buffer.alloc(photo.length))).toBe(200)
    expect(await put(url)).toBe(200)
    expect((await complete(uploadId)).status).toBe(202)
    expect((await settled(uploadId)).state).toBe('ready')
    expect(await put(url, Buffer.alloc(photo.length))).toBe(200)
    const { file } = await rowOf(uploadId)
    const object = await store.get({ key: file?.objectKey ?? '' }, never)
    expect(Buffer.concat(await Array.fromAsync(object?.body ?? [])).equals(photo)).toBe(true)
  })

  test('[C13] that nobody completes is taken away after a day, with its bytes', async () => {
    api.clock.nowAt -= DAY_MS + MINUTE_MS
    const { uploadId, url } = await ask()
    api.clock.nowAt = Date.now()
    expect(await put(url)).toBe(200)
    const other = await ask()
    expect(await put(other.url)).toBe(200)
    const { database, testLog } = api
    await uploadExpiry({ ...testLog, database, objects: store, clock: Date.now }).work(never)
    expect((await api.call('GET', `/v1/uploads/${uploadId}`)).json).toMatchObject({ state: 'failed', reason: 'expired' })
    const keys = await keysOf()
    expect(keys.some(key => key.includes(uploadId))).toBe(false)
    expect(keys.some(key => key.includes(other.uploadId))).toBe(true)
    expect((await complete(other.uploadId)).status).toBe(202)
  })
})

/** RFC 6761 has every name under localhost be loopback; not every machine's resolver does. */
function resolveLocalhostNames(): void {
  const { lookup } = dns
  const toLocalhost = (host: string, ...rest: never[]) =>
    Reflect.apply(lookup, dns, [host.endsWith('.localhost') ? '127.0.0.1' : host, ...rest])
  Object.assign(dns, { lookup: toLocalhost })
  onTestFinished(() => void Object.assign(dns, { lookup }))
}

async function* bytes(text: string) {
  yield Buffer.from(text)
}
