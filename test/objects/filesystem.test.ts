// What only the filesystem store has: files that a crash left, a disk that goes away, keys that would leave the directory.
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { translateDiskError } from '../../src/objects/disk-errors.ts'
import { openFilesystemStore } from '../../src/objects/filesystem.ts'
import { directoryOf, pathOf } from '../../src/objects/object-path.ts'
import { ObjectError, type ObjectStore } from '../../src/objects/objects.ts'
import { verifyPresigned } from '../../src/objects/presigned-url.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openStore } from '../ground/objects/open-store.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
const logger = collectLogLines()
const signingKey = Buffer.alloc(32, 7)
const opened: { directory: string; store: ObjectStore; close(): Promise<void> }[] = []
beforeEach(async () => void opened.push(await openStore()))
afterEach(async () => void (await opened.pop()?.close()))
const current = () => {
  const [under] = opened
  if (under === undefined) throw new Error('no store is open')
  return under
}
async function* body(value: string) {
  yield Buffer.from(value)
}
const object = (key: string, value = 'x') => ({ key, body: body(value), contentType: 'text/plain', metadata: {} })
const openAgain = (directory: string) =>
  openFilesystemStore({ directory, publicUrl: 'http://127.0.0.1:7070', signingKey, logger })

test('[I2] files are closed to everybody else, also those of a directory that was open before', async () => {
  const { directory, store } = current()
  await store.put(object('shop/2026/kept'), never)
  for (const path of [directory, join(directory, 'objects'), join(directory, 'objects', 'shop', '2026')])
    expect((await stat(path)).mode & 0o777, path).toBe(0o700)
  await chmod(directory, 0o755)
  const again = await openAgain(directory)
  expect((await stat(directory)).mode & 0o777, 'what a group was given stays').toBe(0o750)
  expect(await again.head('shop/2026/kept', never)).not.toBeNull()
})

test('[C3] kill -9 in the middle of a put leaves no object, and the next opening removes the file', async () => {
  const { directory, store } = current()
  const child = fork(new URL('../ground/objects/put-and-hang.ts', import.meta.url), [directory], { execArgv: [] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await until('the child has written half', async () => {
    const [name] = await readdir(join(directory, 'unfinished'))
    return name !== undefined && (await readFile(join(directory, 'unfinished', name))).length > 0
  })
  await openAgain(directory)
  expect(await readdir(join(directory, 'unfinished')), 'of a living process: kept').toHaveLength(1)
  const exited = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGKILL')
  await exited
  await openAgain(directory)
  expect(await readdir(join(directory, 'unfinished'))).toEqual([])
  expect(await store.head('half', never)).toBeNull()
  expect(logger.lines.find(line => line.event === 'objects.leftovers-removed')?.fields).toEqual({ removed: 1 })
})

test('[C4] a copy described as its source is a second name of its file, any other copy a file of its own', async () => {
  const { directory, store } = current()
  const described = { contentType: 'video/mp4', metadata: { event_id: 'a', media_type: 'video' } }
  const names = async (key: string) => await stat(pathOf(join(directory, 'objects'), key))
  await store.put({ ...object('incoming/one', 'bytes'), ...described }, never)
  const [twin, other] = [
    { metadata: { media_type: 'video', event_id: 'a' } },
    { metadata: { event_id: 'b', media_type: 'video' } },
  ]
  await store.copy({ fromKey: 'incoming/one', toKey: 'shop/twin', ...described, ...twin }, never)
  await store.copy({ fromKey: 'incoming/one', toKey: 'shop/other', ...described, ...other }, never)
  expect((await names('shop/twin')).ino).toBe((await names('incoming/one')).ino)
  expect((await names('shop/other')).nlink).toBe(1)
  expect(await store.head('incoming/one', never), 'as it was').toMatchObject({ sizeBytes: 5, ...described })
  expect(await store.head('shop/other', never)).toMatchObject({ sizeBytes: 5, ...described, ...other })
  expect(await readdir(join(directory, 'unfinished'))).toEqual([])
})

test('[C4] kill -9 in the middle of a copy leaves a second name at most, which goes without the file', async () => {
  const { directory, store } = current()
  await store.put(object('incoming/one', 'bytes'), never)
  const dead = fork(new URL('../ground/objects/put-and-hang.ts', import.meta.url), [directory], { execArgv: [] })
  const exited = new Promise(resolve => dead.once('exit', resolve))
  dead.kill('SIGKILL')
  await exited
  await link(pathOf(join(directory, 'objects'), 'incoming/one'), join(directory, 'unfinished', `${dead.pid}-half`))
  const again = await openAgain(directory)
  expect(await readdir(join(directory, 'unfinished'))).toEqual([])
  expect(await again.head('incoming/one', never)).toMatchObject({ sizeBytes: 5 })
})

test('[C7] an etag is the same whether the hash is known or found', async () => {
  const { store } = current()
  const sha256 = createHash('sha256').update('bytes').digest('hex')
  const found = await store.put(object('found', 'bytes'), never)
  expect((await store.put({ ...object('known', 'bytes'), sha256 }, never)).etag).toBe(found.etag)
})

test('[C4] who makes one directory at once all find it', async () => {
  const { store } = current()
  const keys = Array.from({ length: 40 }, (_, n) => `shop/2026/01/${String(n % 4)}/${n}`)
  await Promise.all(keys.map(key => store.put(object(key), never)))
  expect((await Array.fromAsync(store.list('shop/', never))).map(one => one.key).toSorted()).toEqual(keys.toSorted())
})

test('[C5] a disk that went away is misconfigured, never an empty store', async () => {
  const { directory, store } = current()
  await store.put(object('here'), never)
  await rename(join(directory, 'objects'), join(directory, 'elsewhere'))
  const calls = [
    store.head('here', never),
    store.get({ key: 'here' }, never),
    store.delete(['here'], never),
    Array.fromAsync(store.list('', never)),
    store.copy({ fromKey: 'here', toKey: 'there', contentType: 'a/b', metadata: {} }, never),
  ]
  for (const one of await Promise.allSettled(calls))
    expect(one).toMatchObject({ status: 'rejected', reason: { name: 'ObjectError', code: 'misconfigured' } })
  await rename(join(directory, 'elsewhere'), join(directory, 'objects'))
  expect((await store.head('here', never))?.sizeBytes).toBe(1)
})

test('[C5] a directory that cannot be one rejects at open, saying which', async () => {
  const path = join(current().directory, 'a-file')
  await writeFile(path, 'x')
  await expect(openAgain(path)).rejects.toMatchObject({ code: 'misconfigured', message: expect.stringContaining(path) })
})

test('[C5] a file of somebody else’s is no object', async () => {
  const { directory, store } = current()
  await mkdir(join(directory, 'objects', 'a'), { recursive: true })
  await writeFile(join(directory, 'objects', 'a', 'b@'), 'not ours')
  await expect(store.head('a/b', never)).rejects.toMatchObject({ code: 'misconfigured' })
})

test.each([
  ['ENOSPC', 'unreachable', true],
  ['EIO', 'unreachable', true],
  ['EACCES', 'denied', false],
  ['EROFS', 'misconfigured', false],
  ['EMFILE', 'throttled', true],
  ['ENAMETOOLONG', 'refused', false],
  ['ESOMETHING', 'unreachable', true],
])('[C5] %s is %s', (errno, code, retryable) => {
  const cause = Object.assign(new Error('the disk says no'), { code: errno })
  const translated = translateDiskError('putting a/b', cause)
  expect(translated).toMatchObject({ code, retryable, cause })
  expect(translated.message).toBe(`putting a/b: the disk says no (${errno})`)
})

test('[I3] every file lies under the directory, whatever the key', async () => {
  const { directory, store } = current()
  const keys = ['%2e%2e/x', '~/x', 'C:x', 'a/…/b', 'CON', 'x'.repeat(200), '@', 'a@/b', '...']
  for (const key of keys) await store.put(object(key), never)
  const listed = (await Array.fromAsync(store.list('', never))).map(one => one.key)
  expect(listed.toSorted()).toEqual(keys.toSorted())
  expect((await readdir(directory)).toSorted()).toEqual(['objects', 'unfinished'])
  await expect(store.put(object('X'.repeat(200)), never)).rejects.toMatchObject({ code: 'refused' })
})

test('[C4] no two keys share a file, also where the file system ignores case or normalises Unicode', () => {
  const keys = ['k', 'K', 'k@', 'k/k', 'k@/k', 'é', 'e\u0301', '%6b', 'ﬁ', 'fi', 'k.', 'k ']
  const asOthersSeeThem = keys.map(key => pathOf('objects', key).toLowerCase().normalize('NFKC'))
  expect(new Set(asOthersSeeThem).size).toBe(keys.length)
  expect(keys.map(key => directoryOf('objects', `${key}/x`).path).every(path => !path.includes('@'))).toBe(true)
})

test('[C7] a stream that nobody reads is closed by its return and by the signal', async () => {
  const { store } = current()
  await store.put(object('closing', 'x'.repeat(500_000)), never)
  const openFiles = async () => (await readdir('/dev/fd')).length
  const before = await openFiles()
  const stop = new AbortController()
  const first = await store.get({ key: 'closing' }, stop.signal)
  const second = await store.get({ key: 'closing' }, stop.signal)
  const third = await store.get({ key: 'closing' }, stop.signal)
  await first?.body[Symbol.asyncIterator]().return?.()
  for await (const _ of second?.body ?? []) break
  stop.abort()
  await until('all three are closed', async () => (await openFiles()) <= before)
  await expect(Array.fromAsync(third?.body ?? [])).rejects.toBeInstanceOf(ObjectError)
})

test('[C7] what was signed comes back with the grant, in words that a server can act on', async () => {
  const { store } = current()
  const grant = { method: 'GET' as const, key: 'a b/é.pdf', expiresInMs: 60_000, downloadName: 'Relatório.pdf' }
  const { url, expiresAt } = await store.presign(grant, never)
  expect(verifyPresigned(signingKey, { method: 'GET', url }, expiresAt - 1)).toEqual({
    ok: true,
    grant: { method: 'GET', key: 'a b/é.pdf', downloadName: 'Relatório.pdf', expiresAt },
  })
  const path = new URL(url).pathname + new URL(url).search
  expect(verifyPresigned(signingKey, { method: 'GET', url: path }, expiresAt)).toEqual({ ok: false, reason: 'expired' })
  expect(verifyPresigned(Buffer.alloc(32), { method: 'GET', url }, 0)).toEqual({ ok: false, reason: 'tampered' })
  for (const bad of ['/objects/a', '/objects/a?method=GET&exp=x&sig=y', '/objects/%zz?method=GET&exp=1&sig=y', '/elsewhere'])
    expect(verifyPresigned(signingKey, { method: 'GET', url: bad }, 0)).toEqual({ ok: false, reason: 'malformed' })
})

test('[H6] a body’s own failure comes out of put as it was thrown', async () => {
  const failure = Object.assign(new Error('reset by peer'), { code: 'ECONNRESET', syscall: 'read' })
  async function* failing() {
    yield Buffer.from('x')
    throw failure
  }
  await expect(current().store.put({ ...object('x'), body: failing() }, never)).rejects.toBe(failure)
  await rm(join(current().directory, 'unfinished'), { recursive: true })
  await expect(current().store.put(object('x'), never)).rejects.toMatchObject({ code: 'misconfigured' })
})
