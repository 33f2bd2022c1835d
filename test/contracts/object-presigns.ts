// The promises of src/objects/objects.ts about presigned URLs.
import { expect } from 'vitest'
import type { PresignGrant } from '../../src/objects/objects.ts'
import { type Check, codeOf, never, object } from './object-store-under-test.ts'

export const presignPromises = {
  '[C7] a presigned URL admits its method until it expires, and expiresAt is the true end': async ({ store, admits }, prefix) => {
    const key = `${prefix}/a file “é”.txt`
    await store.put(object(key, 'x'), never)
    const nowAt = Date.now()
    const { url, expiresAt } = await store.presign({ method: 'GET', key, expiresInMs: 60_000 }, never)
    expect(Math.abs(expiresAt - nowAt - 60_000)).toBeLessThan(5_000)
    expect(await admits({ method: 'GET', url }, expiresAt - 1)).toBe(true)
    expect(await admits({ method: 'GET', url }, expiresAt)).toBe(false)
    expect(await admits({ method: 'PUT', url }, nowAt)).toBe(false)
    expect(await admits({ method: 'DELETE', url }, nowAt)).toBe(false)
  },
  '[C7] a presigned URL that was changed admits nothing': async ({ store, admits }, prefix) => {
    const nowAt = Date.now()
    const grant: PresignGrant = { method: 'GET', key: `${prefix}/mine`, expiresInMs: 60_000, downloadName: 'a.txt' }
    const { url } = await store.presign(grant, never)
    expect(await admits({ method: 'GET', url }, nowAt)).toBe(true)
    expect(await admits({ method: 'GET', url: url.replace('mine', 'yours') }, nowAt)).toBe(false)
    expect(await admits({ method: 'GET', url: url.replace('a.txt', 'b.txt') }, nowAt)).toBe(false)
    expect(await admits({ method: 'GET', url: url.replace(/\d{10}/, '9999999999') }, nowAt)).toBe(false)
  },
  '[C13] a presigned PUT admits the type and the size it was made for': async ({ store, admits }, prefix) => {
    const nowAt = Date.now()
    const bound = { contentType: 'image/png', sizeBytes: 10 }
    const { url } = await store.presign({ method: 'PUT', key: `${prefix}/up`, expiresInMs: 60_000, ...bound }, never)
    expect(await admits({ method: 'PUT', url, ...bound }, nowAt)).toBe(true)
    expect(await admits({ method: 'PUT', url, ...bound, contentType: 'text/html' }, nowAt)).toBe(false)
    expect(await admits({ method: 'PUT', url, ...bound, sizeBytes: 11 }, nowAt)).toBe(false)
  },
  '[C7] a presigned URL lives at most 7 days': async ({ store }, prefix) => {
    const grant = { method: 'GET' as const, key: `${prefix}/x` }
    const weekMs = 7 * 24 * 3_600_000
    await store.presign({ ...grant, expiresInMs: weekMs }, never)
    expect(await store.presign({ ...grant, expiresInMs: weekMs + 1000 }, never).catch(codeOf)).toBe('refused')
    expect(await store.presign({ ...grant, expiresInMs: 0 }, never).catch(codeOf)).toBe('refused')
  },
} satisfies Record<string, Check>
