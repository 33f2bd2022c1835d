// Files to send are prepared: what their bytes are is what is sent, whatever was said of them, wherever they come from and whoever dies meanwhile.
import { createHash } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sampleJpeg, sampleMp4, samplePdf, sampleVoice, sampleWebp } from '../../simulator/media/sample-media.ts'
import type { Event } from '../../src/events/event.ts'
import {
  askUpload,
  confirmUpload,
  findUpload,
  isReadyKeyOf,
  nameCommand,
  readyKeyOf,
  type UploadRow,
  type UploadSource,
} from '../../src/instances/uploads.ts'
import { claimUploads, readyUpload } from '../../src/instances/uploads-at-work.ts'
import { MediaError } from '../../src/processors/media-error.ts'
import { only } from '../../src/processors/store/whole-object.ts'
import { durationOf } from '../../src/processors/uploads/durations.ts'
import { uploadExpiry } from '../../src/processors/uploads/expire-uploads.ts'
import { verdictOf } from '../../src/processors/uploads/judge-failure.ts'
import { makeVoice } from '../../src/processors/uploads/make-voice.ts'
import { nameFile } from '../../src/processors/uploads/name-file.ts'
import { openUploads, type UploadsDeps } from '../../src/processors/uploads/open-uploads.ts'
import { createWaveform } from '../../src/processors/uploads/waveform.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import type { Role } from '../../src/runtime/role.ts'
import { createSealer } from '../../src/runtime/seal.ts'
import { openTestDatabase } from '../ground/database.ts'
import { openTestLog } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openStore } from '../ground/objects/open-store.ts'
import { mediaConfig, never, uploadsConfig, watchedStore } from '../ground/processors/media-world.ts'
import { until } from '../ground/until.ts'

const KiB = 1024
const logger = collectLogLines(['upload.picture-unread', 'upload.voice-unheard'])
const metrics = createMetrics({ processMetrics: false })
const sealer = createSealer({ current: Buffer.alloc(32, 1), previous: null })
let testDatabase: Awaited<ReturnType<typeof openTestDatabase>>
let testLog: Awaited<ReturnType<typeof openTestLog>>
let under: Awaited<ReturnType<typeof openStore>>
let store: ReturnType<typeof watchedStore>
let outside: Server
let answer: RequestListener = (_request, response) => void response.end()
let directory: string
const roles: Role[] = []

beforeAll(async () => {
  testDatabase = await openTestDatabase('uploads')
  testLog = await openTestLog(testDatabase, { partitions: 1 })
  under = await openStore()
  store = watchedStore(under.store)
  directory = await mkdtemp(join(tmpdir(), 'zaplog-uploads-'))
  outside = createServer((request, response) => answer(request, response))
  await new Promise<void>(resolve => outside.listen(0, '127.0.0.1', resolve))
  start()
})
beforeEach(() => store.failing.clear())
afterAll(async () => {
  await Promise.all(roles.map(role => role.close()))
  outside.closeAllConnections()
  await new Promise(resolve => outside.close(resolve))
  await testLog.close()
  await testDatabase.close()
  await under.close()
  await rm(directory, { recursive: true })
})

function deps(more: Partial<UploadsDeps['uploads']> = {}): UploadsDeps {
  return {
    ...{ database: testDatabase.database, objects: store.store, sealer, logger, metrics, clock: Date.now },
    ...{ log: testLog.log, codec: testLog.codec, topic: testLog.topic },
    config: mediaConfig({ retryDelaysMs: [1, 1], idleTimeoutMs: 2_000 }),
    uploads: uploadsConfig({ compressAboveBytes: 64 * KiB, allowCidrs: ['127.0.0.1/32'], maxVideoBytes: 512 * KiB, ...more }),
    ...{ lookMs: 50, silentMs: 50 },
  }
}
function start(more: Partial<UploadsDeps['uploads']> = {}, given: Partial<UploadsDeps> = {}): Role {
  const role = openUploads({ ...deps(more), ...given })
  roles.push(role)
  return role
}

let made = 0
type Said = Partial<Pick<UploadRow, 'kind' | 'mimetype' | 'sizeBytes' | 'fileName' | 'instanceId'>> & { source?: UploadSource }

/** Asked for, and not brought. */
async function ask({ source = { from: 'upload' }, ...said }: Said): Promise<UploadRow> {
  made += 1
  const uploadId = createHash('sha256').update(String(made)).digest('hex').slice(0, 32)
  const instanceId = said.instanceId ?? 'shop'
  const asked = await askUpload(
    { database: testDatabase.database, sealer },
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
async function give(bytes: Uint8Array, said: Said): Promise<UploadRow> {
  const row = await ask({ sizeBytes: bytes.length, ...said })
  const body = (async function* () {
    yield bytes
  })()
  await under.store.put({ key: row.incomingKey, body, contentType: 'application/octet-stream', metadata: {} }, never)
  await confirmUpload(testDatabase.database, row.uploadId)
  return row
}

const settled = ({ instanceId, uploadId }: UploadRow): Promise<UploadRow> =>
  until('it to be ready or failed', async () => {
    const row = await findUpload(testDatabase.database, instanceId, uploadId)
    return row !== null && (row.state === 'ready' || row.state === 'failed') ? row : null
  })
const prepared = async (bytes: Uint8Array, said: Said) => settled(await give(bytes, said))

async function bytesOf(key: string): Promise<Buffer> {
  const found = await under.store.get({ key }, never)
  return Buffer.concat(await Array.fromAsync(found?.body ?? []))
}
/** Keys of all that is in the store for it. */
async function leftOf({ incomingKey }: UploadRow): Promise<string[]> {
  return (await Array.fromAsync(under.store.list(incomingKey, never))).map(({ key }) => key)
}
async function told(uploadId: string): Promise<Event[]> {
  const events: Event[] = []
  for await (const { value } of testLog.log.read(testLog.topic('events'), { from: 'first', until: 'end' }, never)) {
    const event = await testLog.codec.decode(value, never)
    if (event?.type === 'upload.failed' && event.uploadId === uploadId) events.push(event)
  }
  return events
}

/** Noise: no JPEG of it is small. */
const noise = (side: number) =>
  sharp({
    create: { width: side, height: side, channels: 3, background: '#888', noise: { type: 'gaussian', mean: 128, sigma: 60 } },
  })

describe('what is sent', () => {
  test('[C13] is what stays: what it was made of goes', async () => {
    const row = await prepared(await sampleJpeg(), { mimetype: 'image/jpeg' })
    await until('its client’s bytes to be gone', async () => (await leftOf(row)).length === 1)
    expect(await leftOf(row)).toEqual([row.file?.objectKey])
    const keys = [row.incomingKey, row.file?.objectKey ?? '', `prefix/${row.file?.objectKey}`]
    const of = (instanceId: string) => keys.map(key => isReadyKeyOf({ instanceId }, key))
    expect(of(row.instanceId)).toEqual([false, true, true])
    expect(of('another')).toEqual([false, false, false])
  })

  test('[C13] of a photo: the same bytes, its hash, its size as people see it, and a thumbnail', async () => {
    const photo = await sampleJpeg({ width: 640, height: 480 })
    const { file, state } = await prepared(photo, { mimetype: 'image/jpeg', fileName: 'praia.jpg' })
    expect(state).toBe('ready')
    expect(file).toMatchObject({
      mimetype: 'image/jpeg',
      sizeBytes: photo.length,
      width: 640,
      height: 480,
      fileName: 'praia.jpg',
    })
    expect(file?.sha256).toBe(createHash('sha256').update(photo).digest('hex'))
    expect(await bytesOf(file?.objectKey ?? '')).toEqual(photo)
    expect(await sharp(file?.thumbnail ?? Buffer.of()).metadata()).toMatchObject({ format: 'jpeg', width: 200, height: 150 })
  })

  test.each<[string, () => Buffer | Promise<Buffer>, Said, object]>([
    [
      'a voice note',
      () => sampleVoice({ seconds: 3 }),
      { kind: 'voice', mimetype: 'audio/ogg; codecs=opus' },
      { mimetype: 'audio/ogg; codecs=opus', durationSeconds: 3 },
    ],
    [
      'a video',
      () => sampleMp4({ seconds: 2 }),
      { kind: 'video', mimetype: 'video/mp4' },
      { mimetype: 'video/mp4', durationSeconds: 2 },
    ],
    [
      'a document',
      () => samplePdf(),
      { kind: 'document', mimetype: 'application/pdf' },
      { mimetype: 'application/pdf', thumbnail: null },
    ],
    [
      'a sticker',
      () => sampleWebp(),
      { kind: 'sticker', mimetype: 'image/webp' },
      { mimetype: 'image/webp', width: 128, height: 128 },
    ],
    [
      'bytes',
      () => Buffer.from('any bytes'),
      { kind: 'document', mimetype: 'application/octet-stream' },
      { durationSeconds: null },
    ],
    ['a page', () => Buffer.from('<p>hi'), { kind: 'document', mimetype: 'text/html' }, { mimetype: 'text/html' }],
  ])('[C13] of %s: its type by its bytes, and what they say of it', async (_what, make, said, expected) => {
    const bytes = await make()
    const { file, reasonText } = await prepared(bytes, said)
    expect(reasonText).toBeNull()
    expect(file).toMatchObject({ sizeBytes: bytes.length, ...expected })
  })
})

describe('a picture of too many bytes', () => {
  test('[C13] becomes a JPEG of the first quality that fits, with the same dimensions', async () => {
    const photo = await noise(300).jpeg({ quality: 98 }).toBuffer()
    const { file } = await prepared(photo, { mimetype: 'image/jpeg' })
    const sizes = await Promise.all(
      [85, 75, 65, 55, 45, 35, 25].map(
        async quality => (await sharp(photo).flatten({ background: '#fff' }).jpeg({ quality }).toBuffer()).length,
      ),
    )
    const first = sizes.find(size => size <= 64 * KiB)
    expect(photo.length).toBeGreaterThan(64 * KiB)
    expect(file).toMatchObject({ mimetype: 'image/jpeg', sizeBytes: first, width: 300, height: 300 })
    expect((await bytesOf(file?.objectKey ?? '')).length).toBe(first)
    expect(
      createHash('sha256')
        .update(await bytesOf(file?.objectKey ?? ''))
        .digest('hex'),
    ).toBe(file?.sha256)
  })

  test('[C13] that fits at no quality is scaled by the root of how much it is too large', async () => {
    const photo = await noise(800).png().toBuffer()
    const { file } = await prepared(photo, { mimetype: 'image/png' })
    const side = Math.round(800 * Math.sqrt((64 * KiB) / photo.length))
    expect(file).toMatchObject({ mimetype: 'image/jpeg', width: side, height: side })
  })

  test('[C13] is sent as it is as a document', async () => {
    const photo = await noise(300).png().toBuffer()
    expect((await prepared(photo, { kind: 'document', mimetype: 'image/png' })).file).toMatchObject({
      mimetype: 'image/png',
      sizeBytes: photo.length,
    })
  })

  test('[C13] [C4] and of which no decoder makes anything is sent as it is', async () => {
    const broken = Buffer.concat([(await noise(300).jpeg({ quality: 98 }).toBuffer()).subarray(0, 70 * KiB)])
    const { state, file } = await prepared(broken, { mimetype: 'image/jpeg' })
    expect([state, file?.sizeBytes, file?.thumbnail]).toEqual(['ready', broken.length, null])
  })
})

describe('a file that is not what was said', () => {
  test.each<[string, () => Buffer | Promise<Buffer>, Said, string]>([
    ['another type', () => samplePdf(), { mimetype: 'image/jpeg' }, 'type-mismatch'],
    [
      'a program as a document',
      () => Buffer.concat([Buffer.from('7f454c46', 'hex'), Buffer.alloc(500)]),
      { kind: 'document', mimetype: 'application/pdf' },
      'type-mismatch',
    ],
    ['a page as a photo', () => Buffer.from('<html><script>'), { mimetype: 'image/png' }, 'type-mismatch'],
    ['a kind that takes no such type', () => samplePdf(), { kind: 'image' }, 'type-not-allowed'],
    ['fewer bytes than announced', () => sampleJpeg(), { mimetype: 'image/jpeg', sizeBytes: 1_000_000 }, 'truncated'],
    [
      'more bytes than its kind may have',
      async () => Buffer.concat([await sampleMp4(), Buffer.alloc(600 * KiB)]),
      { kind: 'video', mimetype: 'video/mp4' },
      'too-large',
    ],
    ['no byte', () => Buffer.of(), { mimetype: 'image/jpeg' }, 'empty'],
    [
      'other audio as a voice note',
      () => Buffer.concat([Buffer.from('OggS'), Buffer.alloc(24), Buffer.from('\x01vorbis'), Buffer.alloc(100)]),
      { kind: 'voice', mimetype: 'audio/ogg' },
      'not-convertible',
    ],
  ])('[C13] %s fails once, in words, and is told', async (_what, make, said, reason) => {
    const bytes = await make()
    const { state, uploadId, ...failed } = await prepared(bytes, said)
    expect([state, failed.reason, failed.file]).toEqual(['failed', reason, null])
    expect(failed.reasonText).toMatch(/expected/)
    await until('it to be told', async () => (await told(uploadId)).length > 0)
    expect(await told(uploadId)).toMatchObject([{ reason, kind: failed.kind, instanceId: 'shop' }])
    await until('its bytes to be gone', async () => (await leftOf({ uploadId, state, ...failed })).length === 0)
  })
})

const here = (path = '/a.jpg', host = '127.0.0.1') => {
  const address = outside.address()
  return `http://${host}:${typeof address === 'object' ? address?.port : 0}${path}`
}

describe('a file at a URL', () => {
  const bring = async (url: string, said: Said = {}) => settled(await ask({ source: { from: 'url', url }, ...said }))
  test('[C13] is brought, judged and kept as any other', async () => {
    const photo = await sampleJpeg()
    answer = (request, response) => {
      expect(request.headers.origin).toBeUndefined()
      response.end(photo)
    }
    const { file } = await bring(here('/a.jpg?token=secret'))
    expect(file).toMatchObject({ mimetype: 'image/jpeg', sizeBytes: photo.length, width: 320 })
    const [row] = await testDatabase.database.query<{ sealed_place: Buffer }>(
      'select sealed_place from uploads order by asked_at desc limit 1',
    )
    expect(row?.sealed_place.includes('secret')).toBe(false)
  })

  test.each([
    ['a private address', 'https://10.0.0.1/a.jpg'],
    ['a metadata service', 'http://169.254.169.254/latest'],
    ['an IPv4-mapped address', 'https://[::ffff:127.0.0.1]/a.jpg'],
    ['an address in decimal', 'https://2130706434/a.jpg'],
    ['another loopback address', 'http://127.0.0.2/a.jpg'],
  ])('[C13] [E9] of %s is refused before anything is sent', async (_what, url) => {
    expect(await bring(url)).toMatchObject({ state: 'failed', reason: 'address-blocked' })
  })

  test.each<[string, RequestListener, string]>([
    [
      'leads elsewhere',
      (_request, response) => void response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
      'gone',
    ],
    ['is not there', (_request, response) => void response.writeHead(404).end(), 'gone'],
    [
      'says that it is too large',
      (_request, response) => void response.writeHead(200, { 'content-length': 20 * KiB * KiB }).end(),
      'too-large',
    ],
    ['is a page', (_request, response) => void response.end('<html>sign in</html>'), 'type-not-allowed'],
    ['always fails', (_request, response) => void response.writeHead(503).end(), 'server-error'],
    [
      'breaks off',
      (_request, response) => void response.writeHead(200, { 'content-length': 100 }).write('x', () => response.destroy()),
      'connection',
    ],
  ])('[C13] that %s fails once', async (_what, listener, reason) => {
    answer = listener
    expect(await bring(here())).toMatchObject({ state: 'failed', reason })
  })

  test('[C13] [H1] that fails at first is tried again, and each try is counted', async () => {
    const counted = async () => {
      const text = await metrics.render()
      return ['put-off', 'ready'].map(outcome =>
        Number(new RegExp(`_prepared_total\\{outcome="${outcome}"\\} (\\d+)`).exec(text)?.[1] ?? 0),
      )
    }
    const [putOff = 0, ready = 0] = await counted()
    const photo = await sampleJpeg()
    let tries = 0
    answer = (_request, response) => {
      tries += 1
      if (tries < 3) response.writeHead(503).end()
      else response.end(photo)
    }
    expect((await bring(here())).state).toBe('ready')
    // The last one of a test before may be counted meanwhile, too.
    await until('two that failed and one that did not to be counted', async () => {
      const [putOffNow = 0, readyNow = 0] = await counted()
      return putOffNow >= putOff + 2 && readyNow > ready
    })
  })

  test('[C13] that breaks off is brought from its beginning: another file may be there by now', async () => {
    const [one, other] = [await noise(100).png().toBuffer(), await noise(100).png().toBuffer()]
    const ranges: unknown[] = []
    answer = (request, response) => {
      ranges.push(request.headers.range)
      if (ranges.length > 1) response.end(other)
      else response.writeHead(200, { 'content-length': one.length }).write(one.subarray(0, 9000), () => response.destroy())
    }
    const { file } = await bring(here(), { kind: 'document' })
    expect(await bytesOf(file?.objectKey ?? '')).toEqual(other)
    expect(ranges).toEqual([undefined, undefined])
  })

  test('[C13] is tried again when its server would have it, within an hour', () => {
    const asked = (retryAfterMs: number) =>
      verdictOf(new MediaError('throttled', 'expected', { retryAfterMs }), { attempt: 1, retryDelaysMs: [2_000] })
    expect(asked(9_000)).toMatchObject({ kind: 'put-off', waitMs: 9_000, counts: true })
    expect(asked(1)).toMatchObject({ kind: 'put-off', waitMs: 2_000 })
    expect(asked(3_600_001)).toMatchObject({ kind: 'failed', error: { code: 'throttled' } })
  })

  test('[C13] is called as its URL says, where nobody named it', async () => {
    answer = (_request, response) => void response.end(samplePdf())
    const said = { kind: 'document', fileName: null }
    expect((await bring(here('/2026/Relat%C3%B3rio%20de%20maio.pdf?token=a/b'), said)).file?.fileName).toBe(
      'Relatório de maio.pdf',
    )
    expect((await bring(here('/'), said)).file?.fileName).toBe('file.pdf')
  })

  test.each([
    ['directories in a part that is encoded', '/a/..%2F..%2Fetc%5Chosts', '.._.._etc_hosts'],
    ['what turns writing round', '/invoice%E2%80%AEfdp%0A.exe', 'invoicefdp.exe'],
    ['what is not UTF-8', '/100%25%FF.pdf', '100%25%FF.pdf'],
    ['what nobody can read to the end', `/${'a'.repeat(400)}`, 'a'.repeat(255)],
    ['half a character at its end', `/${'a'.repeat(254)}%F0%9F%98%80b`, `${'a'.repeat(254)}😀`],
    ['dots alone', '/a/...', 'file.bin'],
    ['what is not seen alone', '/a/%E2%80%8B%20', 'file.bin'],
  ])('[C13] is named without %s', (_what, path, name) => {
    expect(nameFile({ from: 'url', url: `https://example.com${path}` }, 'bin')).toBe(name)
  })

  test('[C13] whose key is gone fails in the end, and keeps nobody else from being prepared', async () => {
    const row = await ask({ source: { from: 'url', url: here() }, instanceId: 'unsealed' })
    await settled(row)
    await testDatabase.database.query(
      `update uploads set sealed_place = 'other', state = 'processing', file = null, due_at = now(), claims = 4 where upload_id = $1`,
      [row.uploadId],
    )
    expect((await prepared(await sampleJpeg(), { mimetype: 'image/jpeg', instanceId: 'sealed' })).state).toBe('ready')
    expect(await settled(row)).toMatchObject({ state: 'failed', reason: 'internal' })
  })

  test('[C13] with credentials, or of another scheme, is refused', async () => {
    expect(await bring('ftp://example.com/a.jpg')).toMatchObject({ state: 'failed', reason: 'gone' })
    expect(await bring('https://me:secret@example.com/a.jpg')).toMatchObject({ state: 'failed', reason: 'gone' })
  })
})

test('[C13] a file that is in the store already is kept once more under its own key', async () => {
  const photo = await sampleJpeg()
  const first = await prepared(photo, { mimetype: 'image/jpeg' })
  const second = await settled(await ask({ source: { from: 'object', objectKey: first.file?.objectKey ?? '' } }))
  expect(second.file).toMatchObject({ sizeBytes: photo.length, sha256: first.file?.sha256 })
  expect(second.file?.objectKey).not.toBe(first.file?.objectKey)
  expect(await settled(await ask({ source: { from: 'object', objectKey: 'shop/none' } }))).toMatchObject({ reason: 'gone' })
})

describe('whoever prepares', () => {
  test('[C13] [B6] died in the middle: another one does it again, and what the dead one still says counts for nothing', async () => {
    const first = await prepared(await sampleJpeg(), { mimetype: 'image/jpeg' })
    const source = { from: 'object', objectKey: first.file?.objectKey ?? '' } as const
    const row = await ask({ source, instanceId: 'dying' })
    // Whichever process claims it, its claim is made a dead one's.
    await settled(row)
    const put = async (text: string) => {
      const body = (async function* () {
        yield Buffer.from(text)
      })()
      await under.store.put({ key: readyKeyOf(row, 'dead'), body, contentType: 'image/jpeg', metadata: {} }, never)
    }
    await put('half of it')
    await testDatabase.database.query(
      `update uploads set state = 'processing', claim = 'dead', claimed_until = now() - interval '1 second', file = null where upload_id = $1`,
      [row.uploadId],
    )
    const file = { objectKey: 'wrong', mimetype: '', sizeBytes: 0, sha256: '', fileName: null, width: null, height: null }
    const late = { ...file, durationSeconds: null, thumbnail: null, pages: null, waveform: null }
    const again = await settled(row)
    expect(await under.store.head(readyKeyOf(row, 'dead'), never)).toBeNull()
    await put('another file')
    expect(await bytesOf(again.file?.objectKey ?? '')).toEqual(await bytesOf(first.file?.objectKey ?? ''))
    expect(await readyUpload(testDatabase.database, { uploadId: row.uploadId, claim: 'dead' }, late)).toBe(false)
  })

  test('[C13] the store being away costs no try, and nothing but time', async () => {
    store.failing.set('get', 'unreachable')
    const row = await give(await sampleJpeg(), { mimetype: 'image/jpeg' })
    await until('it to be put off', async () =>
      logger.lines.some(line => line.event === 'upload.put-off' && line.fields.uploadId === row.uploadId),
    )
    store.failing.clear()
    await testDatabase.database.query('update uploads set due_at = now() where upload_id = $1', [row.uploadId])
    expect((await settled(row)).state).toBe('ready')
    const [{ claims } = { claims: 0 }] = await testDatabase.database.query<{ claims: number }>(
      'select claims from uploads where upload_id = $1',
      [row.uploadId],
    )
    expect(claims).toBe(1)
  })

  test('[C13] [B6] died at it each time: it fails before a byte of it is read', async () => {
    const row = await ask({ sizeBytes: 3 })
    await testDatabase.database.query(
      `update uploads set state = 'processing', claim = 'dead', claimed_until = now() - interval '1 second', claims = 5 where upload_id = $1`,
      [row.uploadId],
    )
    expect(await settled(row)).toMatchObject({ state: 'failed', reason: 'internal' })
    expect(store.calls).not.toContain(`get ${row.incomingKey}`)
  })

  test('[C13] tells a failure with the command that sends it by then', async () => {
    const asked = new Promise<() => void>(resolve => {
      answer = (_request, response) => resolve(() => void response.writeHead(404).end())
    })
    const row = await ask({ source: { from: 'url', url: here() } })
    const refuse = await asked
    const command = { commandId: 'c', messageId: 'm' }
    await nameCommand(testDatabase.database, { uploadId: row.uploadId, sends: 1, ...command })
    refuse()
    await until('it to be told', async () => (await told(row.uploadId)).length > 0)
    expect(await told(row.uploadId)).toMatchObject([{ reason: 'gone', ...command }])
  })

  test('[C13] leaves nothing of a file that fails once it is kept', async () => {
    answer = async (_request, response) => void response.end(await sampleJpeg())
    store.failing.set('get', 'refused')
    const row = await settled(await ask({ source: { from: 'url', url: here() } }))
    expect(row).toMatchObject({ state: 'failed', reason: 'storage-refused' })
    await until('it to be gone', async () => (await leftOf(row)).length === 0)
    expect(store.calls.some(call => call.startsWith(`put ${row.incomingKey}-ready-`))).toBe(true)
  })

  test('[C13] what the store will not have fails', async () => {
    store.failing.set('put', 'refused')
    const row = await give(await sampleJpeg(), { mimetype: 'image/jpeg' })
    expect(await settled(row)).toMatchObject({ state: 'failed', reason: 'storage-refused' })
  })
})

describe('claims', () => {
  test('[C13] one account with many waiting keeps no other from its turn', async () => {
    const other = await openTestDatabase('uploads claims')
    const askHere = (instanceId: string, n: number) =>
      askUpload(
        { database: other.database, sealer },
        {
          ...{
            uploadId: `${instanceId}${n}`,
            instanceId,
            digest: '',
            kind: 'image',
            chatId: null,
            caption: null,
            fileName: null,
            mimetype: null,
          },
          ...{ source: { from: 'object', objectKey: 'k' } as const, sizeBytes: null, incomingKey: 'k', askedAt: n, expiresAt: n },
        },
      )
    for (let n = 0; n < 5; n++) await askHere('busy', n)
    const claim = async (limit: number) =>
      (await claimUploads({ database: other.database }, { limit, perInstance: 2, leaseMs: 60_000 })).map(
        ({ row }) => row.instanceId,
      )
    expect(await claim(4)).toEqual(['busy'])
    expect(await claim(4)).toEqual(['busy'])
    // The others of its files wait, however many places are free.
    expect(await claim(4)).toEqual([])
    await askHere('late', 9)
    expect(await claim(1)).toEqual(['late'])
    await other.close()
  })
})

describe('a voice note of other audio', () => {
  const withProgram = async (script: string) => {
    const ffmpegPath = join(directory, `ffmpeg-${made}`)
    await writeFile(ffmpegPath, `#!${process.execPath}\n${script}`)
    await chmod(ffmpegPath, 0o700)
    return ffmpegPath
  }
  const mp3 = Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1'), Buffer.from('fffb9064', 'hex'), Buffer.alloc(2000)])

  async function startWith(script: string) {
    const role = roles.splice(0)
    await Promise.all(role.map(one => one.close()))
    start({ ffmpegPath: await withProgram(script), maxAudioBytes: 64 * KiB })
  }

  async function voiceWith(script: string) {
    await startWith(script)
    return prepared(mp3, { kind: 'voice', mimetype: 'audio/mpeg' })
  }

  test('[C13] is what the named program makes of it', async () => {
    const ogg = sampleVoice({ seconds: 2 }).toString('base64')
    const { file, reasonText } = await voiceWith(
      `const heard = process.argv.includes('s16le')
       const made = heard ? Buffer.alloc(3 * 8000 * 2, 1) : Buffer.from('${ogg}', 'base64')
       process.stdin.resume().on('end', () => process.stdout.write(made))`,
    )
    expect(reasonText).toBeNull()
    // As long as it was heard to be.
    expect(file).toMatchObject({ mimetype: 'audio/ogg; codecs=opus', durationSeconds: 3, waveform: Array(64).fill(100) })
  })

  test('[C13] that cannot be heard is sent all the same, without its shape and as long as it says', async () => {
    const ogg = sampleVoice({ seconds: 2 }).toString('base64')
    const { file } = await voiceWith(
      `if (process.argv.includes('s16le')) process.exit(1)
       process.stdin.resume().on('end', () => process.stdout.write(Buffer.from('${ogg}', 'base64')))`,
    )
    expect(file).toMatchObject({ durationSeconds: 2, waveform: null })
  })

  test('[C13] has no shape where there is no program that hears it', async () => {
    await Promise.all(roles.splice(0).map(one => one.close()))
    start()
    const { file } = await prepared(sampleVoice({ seconds: 2 }), { kind: 'voice', mimetype: 'audio/ogg' })
    expect(file).toMatchObject({ durationSeconds: 2, waveform: null })
  })

  test.each<[string, RequestListener, string]>([
    [
      'breaks off',
      (_request, response) =>
        void response
          .writeHead(200, { 'content-length': 40 * KiB })
          .write(Buffer.concat([mp3, Buffer.alloc(20 * KiB)]), () => response.destroy()),
      'connection',
    ],
    ['is too large', (_request, response) => void response.end(Buffer.concat([mp3, Buffer.alloc(90 * KiB)])), 'too-large'],
  ])('[C13] fails where its audio %s, whatever that makes of the half it got', async (_what, listener, reason) => {
    answer = listener
    const ogg = sampleVoice({ seconds: 2 }).toString('base64')
    await startWith(
      `process.stdout.write(Buffer.from('${ogg}', 'base64')); process.stdin.resume().on('end', () => process.exit(0))`,
    )
    const row = await ask({ source: { from: 'url', url: here('/a.mp3') }, kind: 'voice', mimetype: 'audio/mpeg' })
    expect(await settled(row)).toMatchObject({ state: 'failed', reason })
  })

  test('[C13] fails where that does', async () => {
    expect(await voiceWith('process.exit(3)')).toMatchObject({ state: 'failed', reason: 'not-convertible' })
  })

  test('[C13] is made again where the machine ended that, be it out of memory', async () => {
    const [ogg, killed] = [sampleVoice({ seconds: 2 }).toString('base64'), join(directory, 'killed-once')]
    const { state, reasonText } = await voiceWith(
      `const fs = require('node:fs')
       if (!fs.existsSync('${killed}')) { fs.writeFileSync('${killed}', ''); process.kill(process.pid, 'SIGKILL') }
       process.stdin.resume().on('end', () => process.stdout.write(Buffer.from('${ogg}', 'base64')))`,
    )
    expect([state, reasonText]).toEqual(['ready', null])
  })

  test.each([
    ['there is no such program', 'nothing', true],
    ['nobody may run it', 'not-to-run', true],
    ['the machine ended it', 'kill -9 $$', true],
    ['it was asked to end', 'kill -15 $$', true],
    ['it fell over the file', 'kill -11 $$', false],
    ['it did not like the file', 'exit 1', false],
  ])(
    '[C13] where %s: that is of the machine, or of the file, and closes what was to be read',
    async (what, script, retryable) => {
      const ffmpegPath = join(directory, what)
      if (script !== 'nothing') await writeFile(ffmpegPath, `#!/bin/sh\n${script}`)
      if (script !== 'nothing' && script !== 'not-to-run') await chmod(ffmpegPath, 0o700)
      let isClosed = false
      async function* body() {
        try {
          yield mp3
        } finally {
          isClosed = true
        }
      }
      const making = Array.fromAsync(makeVoice({ ffmpegPath }, { mimetype: 'audio/mpeg', body: body() }, never))
      await expect(making).rejects.toMatchObject({ code: 'not-convertible', retryable })
      await until('its input is closed', () => isClosed)
    },
  )

  test.each([
    ['a playlist', 'audio/x-mpegurl', '#EXTM3U\nfile:///etc/passwd\n', 'type-not-allowed'],
    ['a list that says it is sound', 'audio/mpeg', '#EXTM3U\nfile:///etc/passwd\n', 'type-mismatch'],
    ['notes to be played', 'audio/midi', 'MThd\0\0\0\x06\0\0\0\x01\0\x60', 'type-not-allowed'],
  ])('[C13] [I3] is made of no %s: no program sees it', async (_what, mimetype, text, reason) => {
    await startWith(`process.stdin.resume().on('end', () => process.stdout.write('seen'))`)
    const { state, reason: why } = await prepared(Buffer.from(text, 'latin1'), { kind: 'voice', mimetype })
    expect([state, why]).toEqual(['failed', reason])
  })

  test('[C13] fails where that writes without end', async () => {
    const { state, reason } = await voiceWith(
      `const more = () => { while (process.stdout.write(Buffer.alloc(8192))); process.stdout.once('drain', more) }; more()`,
    )
    expect([state, reason]).toEqual(['failed', 'too-large'])
  })

  test('[C13] fails where that is not there, and says which setting names it', async () => {
    await Promise.all(roles.splice(0).map(one => one.close()))
    start({ ffmpegPath: join(directory, 'nothing') })
    expect(await prepared(mp3, { kind: 'voice', mimetype: 'audio/mpeg' })).toMatchObject({
      ...{ state: 'failed', reason: 'not-convertible', reasonText: expect.stringMatching(/FFMPEG_PATH.*ENOENT/) },
    })
    const doubts = logger.lines.filter(({ event }) => event === 'config.doubtful')
    expect(doubts.at(-1)).toMatchObject({ fields: { setting: 'FFMPEG_PATH', doubt: expect.stringContaining('ENOENT') } })
  })

  test.each([
    ['does nothing', 'sleep 600 & wait', { silentMs: 200, wholeMs: 600_000 }, 'it did nothing for 200 ms'],
    [
      'is never done',
      'sleep 600 & while true; do echo more; sleep 0.05; done',
      { silentMs: 600_000, wholeMs: 200 },
      'it was not done after 200 ms',
    ],
  ])('[C13] whose program %s is ended with all that it has begun', async (_what, script, bounds, words) => {
    const ffmpegPath = join(directory, 'hangs')
    await writeFile(ffmpegPath, `#!/bin/sh\n${script}`)
    await chmod(ffmpegPath, 0o700)
    // What it has begun keeps its output open: while any of it lives, this is not over.
    const making = Array.fromAsync(makeVoice({ ffmpegPath, bounds }, { mimetype: 'audio/mpeg', body: only(mp3) }, never))
    await expect(making).rejects.toMatchObject({ code: 'not-convertible', message: expect.stringContaining(words) })
  })

  test('[C13] is no longer made once nobody wants it', async () => {
    const stop = new AbortController()
    const ffmpegPath = await withProgram(`process.stdout.write('begun'); setInterval(() => undefined, 1000)`)
    const making = makeVoice({ ffmpegPath }, { mimetype: 'audio/mpeg', body: only(mp3) }, stop.signal)
    expect(String((await making.next()).value)).toBe('begun')
    stop.abort()
    await expect(making.next()).rejects.toBe(stop.signal.reason)
  })
})

describe('how long an Ogg file plays', () => {
  const tail = (...granules: readonly bigint[]) =>
    Buffer.concat(
      granules.map(granule => {
        const page = Buffer.alloc(40)
        page.write('OggS', 0, 'latin1')
        page.writeBigInt64LE(granule, 6)
        return page
      }),
    )
  const head = sampleVoice({ seconds: 1 })

  test.each<[string, readonly bigint[], number | null]>([
    ['says its last page, less what is skipped', [48_312n, 144_312n], 3],
    ['says the last page on which a packet ends', [144_312n, -1n, -1n], 3],
    ['is at least a second', [400n], 1],
    ['is not known where no page says it', [-1n], null],
    ['is not believed above 100 hours', [2n ** 62n], null],
    ['is not known without a page', [], null],
  ])('[C13] %s', (_what, granules, seconds) => {
    expect(durationOf('audio/ogg', { head, tail: tail(...granules) })).toBe(seconds)
  })
})

describe('the shape of a sound', () => {
  const heightsOf = (samples: Int16Array, chunkBytes: number) => {
    const shape = createWaveform()
    const bytes = Buffer.from(samples.buffer)
    for (let at = 0; at < bytes.length; at += chunkBytes) shape.take(bytes.subarray(at, at + chunkBytes))
    return { heights: shape.heights(), samples: shape.samples() }
  }
  /** Louder and louder, both ways. */
  const rising = (length: number) =>
    Int16Array.from({ length }, (_, nth) => (nth % 2 === 0 ? 1 : -1) * Math.floor((nth / length) * 30_000))

  test('[C13] is 64 heights up to 100, the same however its bytes come', () => {
    const whole = heightsOf(rising(64_000), 1 << 20)
    expect(whole.samples).toBe(64_000)
    expect(whole.heights).toHaveLength(64)
    expect(whole.heights).toEqual(whole.heights?.toSorted((one, other) => one - other))
    expect([whole.heights?.[0], whole.heights?.[31], whole.heights?.[63]]).toEqual([0, 49, 100])
    expect(heightsOf(rising(64_000), 333)).toEqual(whole)
  })

  test.each([
    ['of a sound of any length', 1_234_567, 4],
    ['of the shortest one', 3, 100],
  ])('[C13] is as even as %s', (_what, length, step) => {
    const { heights = [] } = heightsOf(rising(length), 1 << 20)
    const steps = (heights ?? []).slice(1).map((height, nth) => height - (heights?.[nth] ?? 0))
    expect([heights?.length, Math.max(...steps) <= step, Math.min(...steps) >= 0]).toEqual([64, true, true])
  })

  test('[C13] is flat of silence, and nothing of nothing', () => {
    expect(heightsOf(new Int16Array(8_000), 999).heights).toEqual(Array(64).fill(0))
    expect(heightsOf(new Int16Array(0), 1)).toEqual({ heights: null, samples: 0 })
  })
})

test('[C13] what nobody completes in time fails, is told once, and its bytes are gone', async () => {
  const row = await ask({ sizeBytes: 1 })
  await testDatabase.database.query(`update uploads set expires_at = now() - interval '1 second' where upload_id = $1`, [
    row.uploadId,
  ])
  const body = (async function* () {
    yield Buffer.from('x')
  })()
  await under.store.put({ key: row.incomingKey, body, contentType: 'image/jpeg', metadata: {} }, never)
  const timer = uploadExpiry(deps())
  expect(await timer.work(never)).toMatchObject({ fields: { expired: 1 } })
  expect(await timer.work(never)).toBeNull()
  expect(await settled(row)).toMatchObject({ state: 'failed', reason: 'expired' })
  expect(await told(row.uploadId)).toMatchObject([{ reason: 'expired' }])
  expect(await under.store.head(row.incomingKey, never)).toBeNull()
})

test('[C13] what was asked for 30 days ago is forgotten with what it put', async () => {
  const row = await prepared(await sampleJpeg(), { mimetype: 'image/jpeg' })
  await testDatabase.database.query(`update uploads set asked_at = now() - interval '31 days' where upload_id = $1`, [
    row.uploadId,
  ])
  await uploadExpiry(deps()).work(never)
  expect(await findUpload(testDatabase.database, 'shop', row.uploadId)).toBeNull()
  expect(await under.store.head(row.file?.objectKey ?? '', never)).toBeNull()
})
