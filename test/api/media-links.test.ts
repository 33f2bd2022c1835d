// Stable media links over HTTP: the bytes for whoever has the link, in words why there are none, and nothing for a link that was tampered with.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { ObjectError } from '../../src/objects/objects.ts'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { appendEvents, projectEvents } from '../ground/api/project-events.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
const outage: { error: ObjectError | null } = { error: null }
const reads = { closed: 0, hanging: Promise.withResolvers<void>(), gaveUp: Promise.withResolvers<void>(), hang: false }
let api: TestApi
let projection: { close(): Promise<void> }

beforeAll(async () => {
  api = await openTestApi('api-media-links', logger, {
    objects: store => ({
      ...store,
      get: async (...given) => {
        if (outage.error !== null) throw outage.error
        if (reads.hang) await hang(given[1])
        const object = await store.get(...given)
        return object === null ? null : { ...object, body: counted(object.body) }
      },
    }),
  })
  projection = await projectEvents(api, logger)
})
afterAll(async () => {
  await projection.close()
  await api.close()
})

async function hang(signal: AbortSignal) {
  signal.addEventListener('abort', () => reads.gaveUp.resolve())
  reads.hanging.resolve()
  await reads.gaveUp.promise
  throw new ObjectError('aborted', 'getting: told to stop')
}

async function* counted(body: AsyncIterable<Uint8Array>) {
  try {
    yield* body
  } finally {
    reads.closed += 1
  }
}

async function* once(bytes: Uint8Array) {
  yield bytes
}

const message = (kind = 'image', fileName: string | null = null) =>
  anEvent('message.received', { kind, media: { mimetype: 'image/jpeg', fileName } })
const put = (key: string, contentType: string, bytes: Uint8Array = Buffer.from(`bytes of ${key}`)) =>
  api.objects.put(
    { key, contentType, metadata: { sha256: Buffer.from(key).toString('hex') }, body: once(bytes) },
    AbortSignal.timeout(10_000),
  )
const project = async (events: readonly Event[]) => {
  const position = await appendEvents(api, events)
  expect((await api.call('GET', `/v1/instances?waitFor=${position}`)).status).toBe(200)
}

/** A message whose file is stored, with its object and thumbnail. */
async function stored(of: { kind?: string; contentType?: string; fileName?: string; bytes?: Uint8Array } = {}) {
  const source = message(of.kind, of.fileName ?? null)
  const key = `shop/2026/01/05/${source.eventId}.bin`
  await put(key, of.contentType ?? 'image/jpeg', of.bytes)
  await put(`${key}_thumb.jpg`, 'image/jpeg')
  const fields = {
    sourceEventId: source.eventId,
    kind: source.kind,
    fileName: of.fileName ?? null,
    key,
    thumbnailKey: `${key}_thumb.jpg`,
  }
  await project([source, anEvent('media.stored', fields)])
  return {
    eventId: source.eventId,
    key,
    file: api.links.link(source.eventId, 'file'),
    thumbnail: api.links.link(source.eventId, 'thumbnail'),
  }
}

test('[C7] a link answers the bytes without a key, cacheable, with the stored type', async () => {
  const { file, thumbnail, key } = await stored({ kind: 'video', contentType: 'video/mp4' })
  const answer = await fetch(file)
  expect([answer.status, await answer.text()]).toEqual([200, `bytes of ${key}`])
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'video/mp4',
    'cache-control': 'public, max-age=604800, immutable',
    'x-content-type-options': 'nosniff',
    'content-disposition': 'inline',
    etag: `"${Buffer.from(key).toString('hex')}"`,
  })
  expect(await (await fetch(thumbnail)).text()).toBe(`bytes of ${key}_thumb.jpg`)
})

test('[C7] [A7] the links of an instance end with it, of files and of thumbnails, whatever signed them', async () => {
  const { file, thumbnail } = await stored()
  expect((await fetch(file)).status).toBe(200)
  const [known] = await api.database.query<{ wanted: string }>(
    `insert into instance_ids (instance_id, request_id, name, wanted) values ('shop', 'r', 'Shop', 'deleted')
       on conflict (instance_id) do update set wanted = 'deleted' returning wanted`,
  )
  expect(known?.wanted).toBe('deleted')
  try {
    for (const link of [file, thumbnail]) {
      const answer = await fetch(link)
      expect([answer.status, await answer.json()]).toEqual([
        410,
        expect.objectContaining({ type: 'urn:zaplog:problem:instance-deleted' }),
      ])
      expect((await fetch(link, { method: 'HEAD' })).status).toBe(410)
    }
  } finally {
    await api.database.query(`update instance_ids set wanted = 'running' where instance_id = 'shop'`)
  }
})

test('[C7] a range, a version that is known and HEAD work as for any file', async () => {
  const { file, key } = await stored()
  const part = await fetch(file, { headers: { range: 'bytes=6-7' } })
  expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([206, 'of', `bytes 6-7/${key.length + 9}`])
  expect((await fetch(file, { headers: { range: 'bytes=9999-' } })).status).toBe(416)
  const etag = part.headers.get('etag') ?? ''
  expect((await fetch(file, { headers: { 'if-none-match': etag } })).status).toBe(304)
  const head = await fetch(file, { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, String(key.length + 9), ''])
})

test('[C7] the time a link is cached follows its kind, and ends with the link', async () => {
  const { eventId, file } = await stored({ kind: 'document' })
  expect((await fetch(file)).headers.get('cache-control')).toContain('max-age=86400,')
  const exp = api.clock.nowAt / 1000 + 60
  expect((await fetch(api.links.link(eventId, 'file', exp))).headers.get('cache-control')).toContain('max-age=60,')
})

test('[I3] what a browser would run is saved under its safely encoded name, and everything is with download=1', async () => {
  const page = await stored({ kind: 'document', contentType: 'text/html', fileName: 'página "1".html' })
  expect((await fetch(page.file)).headers.get('content-disposition')).toBe(
    `attachment; filename="p_gina _1_.html"; filename*=UTF-8''p%C3%A1gina%20%221%22.html`,
  )
  const { file } = await stored({ fileName: 'férias.jpg' })
  expect((await fetch(file)).headers.get('content-disposition')).toMatch(/^inline; /)
  expect((await fetch(`${file}&download=1`)).headers.get('content-disposition')).toMatch(/^attachment; /)
})

test('[C7] a tampered link is 403, whatever was changed, and says nothing of the media', async () => {
  const one = await stored()
  const { eventId } = await stored()
  const unsigned = one.file.split('?')[0] ?? ''
  const bad = [
    unsigned,
    `${unsigned}?sig=`,
    `${one.file}x`,
    `${one.file}&exp=9999999999`,
    one.file.replace(one.eventId, eventId),
    one.file.replace('?', '/thumbnail?'),
    one.file.replace(one.eventId, '0'.repeat(32)),
  ]
  for (const url of bad) {
    const answer = await fetch(url)
    expect([url, answer.status]).toEqual([url, 403])
    expect(await answer.json()).toMatchObject({ type: 'urn:zaplog:problem:link-invalid' })
    expect(answer.headers.get('cache-control')).toBe('no-store')
  }
})

test('[C7] a link with an expiry answers until then, and 410 from then on', async () => {
  const { eventId } = await stored()
  const link = api.links.link(eventId, 'file', api.clock.nowAt / 1000 + 10)
  expect((await fetch(link)).status).toBe(200)
  api.clock.nowAt += 10_000
  const answer = await fetch(link)
  expect([answer.status, await answer.json()]).toMatchObject([410, { type: 'urn:zaplog:problem:link-expired' }])
})

test('[C7] a link that is followed before the read model knows the file is answered once it does', async () => {
  const source = message()
  const key = `shop/2026/01/05/${source.eventId}.jpg`
  await put(key, 'image/jpeg')
  const answer = fetch(api.links.link(source.eventId, 'file'))
  await appendEvents(api, [source, anEvent('media.stored', { sourceEventId: source.eventId, key, thumbnailKey: null })])
  expect((await answer).status).toBe(200)
  expect(await (await fetch(api.links.link(source.eventId, 'thumbnail'))).json()).toMatchObject({
    type: 'urn:zaplog:problem:media-not-found',
  })
})

test('[C7] media that is not there says whether it is pending, failed, skipped or deleted, and why', async () => {
  const [pending, failed, skipped, expired] = [message(), message(), message('voice'), message()]
  await project([
    pending,
    failed,
    skipped,
    expired,
    anEvent('media.failed', { sourceEventId: failed.eventId, reason: 'bad-mac', stage: 'download' }),
    anEvent('media.failed', { sourceEventId: skipped.eventId, reason: 'filtered-too-short', stage: 'policy' }),
    anEvent('media.expired', { sourceEventId: expired.eventId, reason: 'retention' }),
  ])
  const answers = await Promise.all(
    [pending, failed, skipped, expired].map(async of => {
      const answer = await fetch(api.links.link(of.eventId, 'file'))
      return [answer.status, ((await answer.json()) as { type: string; detail: string }).type.split(':').at(-1)]
    }),
  )
  expect(answers).toEqual([
    [404, 'media-pending'],
    [404, 'media-failed'],
    [404, 'media-skipped'],
    [410, 'media-expired'],
  ])
  expect(await (await fetch(api.links.link(failed.eventId, 'file'))).json()).toMatchObject({
    detail: expect.stringContaining('bad-mac'),
  })
  expect(await (await fetch(api.links.link('f'.repeat(32), 'file'))).json()).toMatchObject({
    type: 'urn:zaplog:problem:media-not-found',
    status: 404,
  })
})

test('[C7] [B6] a file of history is not fetched, and its link says so in words', async () => {
  const past = anEvent('message.history', { kind: 'image', media: { mimetype: 'image/jpeg' } })
  await project([past])
  const answer = await fetch(api.links.link(past.eventId, 'file'))
  expect([answer.status, await answer.json()]).toMatchObject([
    404,
    {
      type: 'urn:zaplog:problem:media-skipped',
      detail: expect.stringContaining('from before the device was linked are not fetched'),
    },
  ])
})

test('[C7] a store that cannot be reached is 503 with Retry-After, and a missing object is 404', async () => {
  const { file, key } = await stored()
  outage.error = new ObjectError('unreachable', `getting ${key}: connection refused`)
  const answer = await fetch(file)
  outage.error = null
  expect([answer.status, answer.headers.get('retry-after'), answer.headers.get('content-length')]).toEqual([
    503,
    '5',
    expect.any(String),
  ])
  expect(await answer.json()).toMatchObject({ type: 'urn:zaplog:problem:unavailable' })
  await api.objects.delete([key], AbortSignal.timeout(10_000))
  expect(await (await fetch(file)).json()).toMatchObject({ type: 'urn:zaplog:problem:media-not-found' })
})

test('[C7] a reader who goes away ends the reading of the object', async () => {
  const { file } = await stored({ bytes: Buffer.alloc(32 * 1024 * 1024) })
  const before = reads.closed
  const leave = new AbortController()
  const answer = await fetch(file, { signal: leave.signal })
  expect(answer.headers.get('content-length')).toBe(String(32 * 1024 * 1024))
  leave.abort()
  await until('the object is closed', () => reads.closed > before)
})

test('[C7] a reader who goes away while the store is slow is not waited for', async () => {
  const { file } = await stored()
  const leave = new AbortController()
  reads.hang = true
  const answer = fetch(file, { signal: leave.signal }).catch(() => 'left')
  await reads.hanging.promise
  leave.abort()
  expect(await answer).toBe('left')
  await reads.gaveUp.promise
  reads.hang = false
})
