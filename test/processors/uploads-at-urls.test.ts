// A file at a URL is brought, judged and kept as any other: from no address inside, as often as its server may mend it, under a name that anybody may have.
import type { RequestListener } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sampleJpeg, samplePdf } from '../../simulator/media/sample-media.ts'
import { MediaError } from '../../src/processors/media-error.ts'
import { verdictOf } from '../../src/processors/uploads/judge-failure.ts'
import { nameFile } from '../../src/processors/uploads/name-file.ts'
import { SealError } from '../../src/runtime/seal.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import {
  ask,
  bytesOf,
  here,
  KiB,
  noise,
  openUploadsWorld,
  prepared,
  type Said,
  settled,
  start,
  type UploadsWorld,
} from '../ground/processors/uploads-world.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['upload.picture-unread', 'upload.voice-unheard'])
let world: UploadsWorld

beforeAll(async () => {
  world = await openUploadsWorld('uploads at urls', logger)
  start(world)
})

afterAll(() => world.close())

describe('a file at a URL', () => {
  const bring = async (url: string, said: Said = {}) =>
    settled(world, await ask(world, { source: { from: 'url', url }, ...said }))
  test('[C13] is brought, judged and kept as any other', async () => {
    const photo = await sampleJpeg()
    world.outside.answer = (request, response) => {
      expect(request.headers.origin).toBeUndefined()
      response.end(photo)
    }
    const { file } = await bring(here(world, '/a.jpg?token=secret'))
    expect(file).toMatchObject({ mimetype: 'image/jpeg', sizeBytes: photo.length, width: 320 })
    const [row] = await world.testDatabase.database.query<{ sealed_place: Buffer }>(
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
    world.outside.answer = listener
    expect(await bring(here(world))).toMatchObject({ state: 'failed', reason })
  })

  test('[C13] [H1] that fails at first is tried again, and each try is counted', async () => {
    const counted = async () => {
      const text = await world.metrics.render()
      return ['put-off', 'ready'].map(outcome =>
        Number(new RegExp(`_prepared_total\\{outcome="${outcome}"\\} (\\d+)`).exec(text)?.[1] ?? 0),
      )
    }
    const [putOff = 0, ready = 0] = await counted()
    const photo = await sampleJpeg()
    let tries = 0
    world.outside.answer = (_request, response) => {
      tries += 1
      if (tries < 3) response.writeHead(503).end()
      else response.end(photo)
    }
    expect((await bring(here(world))).state).toBe('ready')
    // The last one of a test before may be counted meanwhile, too.
    await until('two that failed and one that did not to be counted', async () => {
      const [putOffNow = 0, readyNow = 0] = await counted()
      return putOffNow >= putOff + 2 && readyNow > ready
    })
  })

  test('[C13] that breaks off is brought from its beginning: another file may be there by now', async () => {
    const [one, other] = [await noise(100).png().toBuffer(), await noise(100).png().toBuffer()]
    const ranges: unknown[] = []
    world.outside.answer = (request, response) => {
      ranges.push(request.headers.range)
      if (ranges.length > 1) response.end(other)
      else response.writeHead(200, { 'content-length': one.length }).write(one.subarray(0, 9000), () => response.destroy())
    }
    const { file } = await bring(here(world), { kind: 'document' })
    expect(await bytesOf(world, file?.objectKey ?? '')).toEqual(other)
    expect(ranges).toEqual([undefined, undefined])
  })

  test('[C13] is tried again when its server would have it, within an hour', () => {
    const asked = (retryAfterMs: number) =>
      verdictOf(new MediaError('throttled', 'expected', { retryAfterMs }), { attempt: 1, retryDelaysMs: [2_000] })
    expect(asked(9_000)).toMatchObject({ kind: 'put-off', waitMs: 9_000, counts: true })
    expect(asked(1)).toMatchObject({ kind: 'put-off', waitMs: 2_000 })
    expect(asked(3_600_001)).toMatchObject({ kind: 'failed', error: { code: 'throttled' } })
  })

  test('[C13] [H9] waits for the key that its place is sealed with, however long that is not given; a damaged one is given up', () => {
    const opening = (of: { keyId?: string }) =>
      verdictOf(new SealError('opening a place', of), { attempt: 9, retryDelaysMs: [2_000] })
    expect(opening({ keyId: '0b77e2f4' })).toMatchObject({ kind: 'put-off', counts: false })
    expect(opening({})).toMatchObject({ kind: 'failed', error: { code: 'internal' } })
  })

  test('[C13] is called as its URL says, where nobody named it', async () => {
    world.outside.answer = (_request, response) => void response.end(samplePdf())
    const said = { kind: 'document', fileName: null }
    expect((await bring(here(world, '/2026/Relat%C3%B3rio%20de%20maio.pdf?token=a/b'), said)).file?.fileName).toBe(
      'Relatório de maio.pdf',
    )
    expect((await bring(here(world, '/'), said)).file?.fileName).toBe('file.pdf')
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
    const row = await ask(world, { source: { from: 'url', url: here(world) }, instanceId: 'unsealed' })
    await settled(world, row)
    await world.testDatabase.database.query(
      `update uploads set sealed_place = 'other', state = 'processing', file = null, due_at = now(), claims = 4 where upload_id = $1`,
      [row.uploadId],
    )
    expect((await prepared(world, await sampleJpeg(), { mimetype: 'image/jpeg', instanceId: 'sealed' })).state).toBe('ready')
    expect(await settled(world, row)).toMatchObject({ state: 'failed', reason: 'internal' })
  })

  test('[C13] with credentials, or of another scheme, is refused', async () => {
    expect(await bring('ftp://example.com/a.jpg')).toMatchObject({ state: 'failed', reason: 'gone' })
    expect(await bring('https://me:secret@example.com/a.jpg')).toMatchObject({ state: 'failed', reason: 'gone' })
  })
})
