// Presigned URLs of the embedded object store: whole or by range, cut for nobody, and only as signed.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ObjectError } from '../../src/objects/objects.ts'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
const signal = AbortSignal.timeout(60_000)
const key = 'shop/2026/01/05/photo 1.jpg'
const bytes = Buffer.from('0123456789')
let api: TestApi
const outage: { error: ObjectError | null } = { error: null }
beforeAll(async () => {
  api = await openTestApi('api-objects', logger, {
    objects: store => ({
      ...store,
      head: async (...given) => (outage.error === null ? await store.head(...given) : await Promise.reject(outage.error)),
    }),
  })
  await put(key, 'image/jpeg')
})
afterAll(() => api.close())

const put = (of: string, contentType: string) =>
  api.objects.put(
    {
      key: of,
      contentType,
      metadata: { sha256: 'ab12' },
      body: (async function* () {
        yield bytes
      })(),
    },
    signal,
  )

async function presigned(of = key, more: { downloadName?: string; contentType?: string } = {}) {
  const { url } = await api.objects.presign({ method: 'GET', key: of, expiresInMs: 60_000, ...more }, signal)
  return url
}

test('[C7] a presigned URL answers the bytes with their type, length, tag and nothing to run', async () => {
  const answer = await fetch(await presigned())
  expect(answer.status).toBe(200)
  expect(await answer.text()).toBe('0123456789')
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'image/jpeg',
    'content-length': '10',
    'content-disposition': 'inline',
    'x-content-type-options': 'nosniff',
    'accept-ranges': 'bytes',
    etag: '"ab12"',
    'cache-control': 'no-store',
  })
})

test('[C7] [L] any other method is 405 with those that there are, whatever the key of the object', async () => {
  for (const method of ['POST', 'PATCH', 'DELETE', 'OPTIONS']) {
    const answer = await fetch(await presigned(), { method })
    expect([method, answer.status, answer.headers.get('allow')]).toEqual([method, 405, 'GET, HEAD, PUT'])
    expect(await answer.json()).toMatchObject({ type: 'urn:zaplog:problem:method-not-allowed' })
  }
})

test('[C7] [C13] a link to read lets nobody put', async () => {
  const answer = await fetch(await presigned(), { method: 'PUT', body: 'another' })
  expect([answer.status, await answer.json()]).toMatchObject([403, { type: 'urn:zaplog:problem:link-invalid' }])
  expect(await (await fetch(await presigned())).text()).toBe('0123456789')
})

test('[C7] HEAD answers the same without a byte', async () => {
  const answer = await fetch(await presigned(), { method: 'HEAD' })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-length')).toBe('10')
  expect(await answer.text()).toBe('')
})

test('[C7] a range is 206, one outside is 416 with the size, and another version’s range is the whole', async () => {
  const url = await presigned()
  const part = await fetch(url, { headers: { range: 'bytes=2-4' } })
  expect([part.status, part.headers.get('content-range'), part.headers.get('content-length'), await part.text()]).toEqual([
    206,
    'bytes 2-4/10',
    '3',
    '234',
  ])
  const outside = await fetch(url, { headers: { range: 'bytes=10-' } })
  expect([outside.status, outside.headers.get('content-range')]).toEqual([416, 'bytes */10'])
  expect(await outside.json()).toMatchObject({ type: 'urn:zaplog:problem:range-not-satisfiable' })
  expect((await fetch(url, { headers: { range: 'bytes=2-4', 'if-range': '"other"' } })).status).toBe(200)
  expect((await fetch(url, { headers: { range: 'bytes=2-4', 'if-range': '"ab12"' } })).status).toBe(206)
})

test('[C7] whoever has the version already gets 304', async () => {
  for (const tag of ['"ab12"', 'W/"ab12"', '"x", "ab12"', '*']) {
    const answer = await fetch(await presigned(), { headers: { 'if-none-match': tag } })
    expect([tag, answer.status, await answer.text()]).toEqual([tag, 304, ''])
  }
  expect((await fetch(await presigned(), { headers: { 'if-none-match': '"x"' } })).status).toBe(200)
})

test('[I3] what a browser would run is saved, whatever was signed', async () => {
  await put('page.html', 'text/html')
  expect((await fetch(await presigned('page.html'))).headers.get('content-disposition')).toBe('attachment')
  const named = await fetch(await presigned(key, { downloadName: 'férias.jpg', contentType: 'text/html' }))
  expect(named.headers.get('content-disposition')).toBe(`attachment; filename="f_rias.jpg"; filename*=UTF-8''f%C3%A9rias.jpg`)
})

test('[C7] a tampered URL is 403, an expired one 410, one for an object that is gone 404', async () => {
  const url = await presigned()
  for (const wrong of [
    url.replace('photo%201', 'photo%202'),
    url.replace(/exp=\d/, 'exp=9'),
    url.replace('sig=', 'sig=x'),
    url.split('?')[0] ?? '',
  ]) {
    const answer = await fetch(wrong)
    expect([answer.status, await answer.json()]).toMatchObject([403, { type: 'urn:zaplog:problem:link-invalid' }])
  }
  expect((await fetch(await presigned('nothing.jpg'))).status).toBe(404)
  api.clock.nowAt += 60_000
  expect(await (await fetch(url)).json()).toMatchObject({ type: 'urn:zaplog:problem:link-expired', status: 410 })
})

test('[C7] a store that cannot be reached is 503 with Retry-After, and no header of the file', async () => {
  const url = await presigned()
  outage.error = new ObjectError('unreachable', 'heading: connection refused')
  const answer = await fetch(url)
  outage.error = null
  expect([answer.status, answer.headers.get('retry-after'), answer.headers.get('etag')]).toEqual([503, '5', null])
  expect(await answer.json()).toMatchObject({ type: 'urn:zaplog:problem:unavailable' })
})
