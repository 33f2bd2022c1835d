import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { until } from '../../test/ground/until.ts'
import { type Cdn, openCdn } from './cdn.ts'
import { macBytes } from './encrypt-media.ts'

let cdn: Cdn
const file = Buffer.from(Array.from({ length: 5000 }, (_, at) => at % 251))
beforeEach(async () => {
  cdn = await openCdn({ port: 0 })
})
afterEach(() => cdn.close())

const get = (path: string, headers: Record<string, string> = {}) => fetch(`${cdn.url}${path}`, { headers })
const body = async (response: Response) => Buffer.from(await response.arrayBuffer())
/** Reads until nothing more comes: the bytes, and how it ended. */
async function readAll(response: Response): Promise<{ bytes: Buffer; error: string | null }> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of response.body ?? []) chunks.push(chunk)
    return { bytes: Buffer.concat(chunks), error: null }
  } catch (error) {
    return { bytes: Buffer.concat(chunks), error: String(error) }
  }
}

it('[K1] a file comes whole or by range, whatever its query says', async () => {
  const path = cdn.put(file)
  const whole = await get(path)
  expect([whole.status, whole.headers.get('content-length')]).toEqual([200, '5000'])
  expect(await body(whole)).toEqual(file)
  expect(await body(await get(path.replace(/\?.*/, '?other=1')))).toEqual(file)
  const part = await get(path, { range: 'bytes=4000-' })
  expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 4000-4999/5000'])
  expect(await body(part)).toEqual(file.subarray(4000))
  expect(await body(await get(path, { range: 'bytes=10-19' }))).toEqual(file.subarray(10, 20))
  expect(await body(await get(path, { range: 'bytes=-5' }))).toEqual(file.subarray(-5))
  const beyond = await get(path, { range: 'bytes=5000-' })
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */5000'])
})

it('[K1] what was never put is 404, and every request is a hit', async () => {
  const path = cdn.put(file)
  await body(await get('/v/none'))
  await body(await get(path, { range: 'bytes=1-2' }))
  expect(cdn.hits()).toMatchObject([
    { method: 'GET', path: '/v/none', range: null, status: 404 },
    { path, range: 'bytes=1-2', status: 206 },
  ])
})

it('[K1] expiry is in the path', () => {
  expect(cdn.put(file, { expiresAt: 0x6a000000 * 1000 })).toContain('oe=6A000000')
})

it.each([404, 410, 403, 500])('[K1] fault: status %i, as often as told', async status => {
  const path = cdn.put(file)
  cdn.fault(path, { kind: 'status', status }, 2)
  expect([(await get(path)).status, (await get(path)).status, (await get(path)).status]).toEqual([status, status, 200])
})

it('[K1] fault: stall sends that much and then nothing, until the CDN closes', async () => {
  const path = cdn.put(file)
  cdn.fault(path, { kind: 'stall', atByte: 1000 })
  const reader = (await get(path)).body?.getReader()
  expect((await reader?.read())?.value).toHaveLength(1000)
  const more = reader?.read()
  const race = await Promise.race([more?.then(() => 'more'), fetch(`${cdn.url}/v/none`).then(() => 'nothing')])
  expect(race).toBe('nothing')
  await Promise.all([expect(more).rejects.toThrow('terminated'), cdn.close()])
})

it('[K1] fault: reset ends the connection after that much, and a range gets the rest', async () => {
  const path = cdn.put(file)
  cdn.fault(path, { kind: 'reset', atByte: 1000 }, 1)
  const { bytes, error } = await readAll(await get(path))
  expect(error).toContain('terminated')
  expect(bytes).toEqual(file.subarray(0, 1000))
  expect(await body(await get(path, { range: 'bytes=1000-' }))).toEqual(file.subarray(1000))
})

it('[K1] fault: truncate ends cleanly, too early', async () => {
  const path = cdn.put(file)
  cdn.fault(path, { kind: 'truncate', atByte: 999 })
  expect(await readAll(await get(path))).toEqual({ bytes: file.subarray(0, 999), error: null })
})

it('[K1] fault: flip changes one bit, bad-mac the last ten bytes', async () => {
  const path = cdn.put(file)
  const different = async () => {
    const bytes = await body(await get(path))
    return [...bytes.keys()].filter(at => bytes[at] !== file[at])
  }
  cdn.fault(path, { kind: 'flip', atByte: 123 })
  expect(await different()).toEqual([123])
  cdn.fault(path, { kind: 'bad-mac' })
  expect(await different()).toEqual(Array.from({ length: macBytes }, (_, n) => 4990 + n))
  cdn.heal(path)
  expect(await different()).toEqual([])
  expect(cdn.get(path)).toEqual(file)
})

it('[K1] fault: slow sends the whole file, a piece at a time', async () => {
  const path = cdn.put(file)
  cdn.fault(path, { kind: 'slow', bytesPerSecond: 20_000 })
  const pieces = await Array.fromAsync((await get(path)).body ?? [])
  expect(Buffer.concat(pieces)).toEqual(file)
  expect(pieces.length).toBeGreaterThan(1)
})

const token = createHash('sha256').update(file).digest('base64url')
const upload = ({ kind = 'image', named = token, said = token, auth = cdn.auth(), body = file } = {}) =>
  fetch(`${cdn.url}/mms/${kind}/${named}?auth=${encodeURIComponent(auth)}&token=${said}`, { method: 'POST', body })

it('[K1] an upload is answered as WhatsApp does, and can be fetched', async () => {
  const answer = await upload()
  const { url, direct_path: directPath } = (await answer.json()) as { url: string; direct_path: string }
  expect(url).toBe(`https://mmg.whatsapp.net${directPath}`)
  expect(await body(await get(directPath))).toEqual(file)
})

it('[K1] an upload whose path, token, word or bytes are not what they should be is not taken', async () => {
  const refused = [
    await upload({ kind: 'telegram' }),
    await upload({ named: 'another' }),
    await upload({ said: 'another' }),
    await upload({ body: file.subarray(1) }),
    await upload({ auth: 'another' }),
  ]
  expect(refused.map(({ status }) => status)).toEqual([404, 400, 400, 400, 401])
  const before = cdn.auth()
  cdn.renewAuth()
  expect((await upload({ auth: before })).status).toBe(401)
  expect((await upload()).status).toBe(200)
})

it('[K1] an upload goes wrong as it was told to, so many times', async () => {
  cdn.faultUploads({ kind: 'status', status: 503 }, 1)
  expect((await upload()).status).toBe(503)
  cdn.faultUploads({ kind: 'reset', atByte: 10 }, 1)
  await expect(upload()).rejects.toThrow()
  cdn.faultUploads({ kind: 'nonsense' }, 1)
  expect(await (await upload()).json()).toEqual({})
  expect((await upload()).status).toBe(200)
})

it('[K1] an upload that is held is taken whole, and answered once the next ones are told of', async () => {
  const before = cdn.state().files.size
  cdn.faultUploads({ kind: 'hold' }, 1)
  const held = upload()
  await until('it to be held', () => cdn.heldUploads() === 1)
  expect(cdn.state().files.size).toBe(before)
  cdn.faultUploads(null)
  expect((await held).status).toBe(200)
  expect(cdn.state().files.size).toBe(before + 1)
  await until('nothing to be held', () => cdn.heldUploads() === 0)
})
