// Transfers in threads of their own: whole and proven or failed, within their memory, and no transfer dies of another one's.
import { createHash, randomBytes } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { type Cdn, openCdn } from '../../simulator/media/cdn.ts'
import { encryptMedia } from '../../simulator/media/encrypt-media.ts'
import { createPieceMemory } from '../../src/processors/download/piece-memory.ts'
import { givingBack } from '../../src/processors/download/spent-bytes.ts'
import { PIECE_BYTES, type Piece } from '../../src/processors/download/transfer-messages.ts'
import { openTransfers, type Transfers, type TransfersOptions } from '../../src/processors/download/transfers.ts'
import { verifiedDownload } from '../../src/processors/download/verified-download.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
const never = new AbortController().signal
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function open(more: Partial<TransfersOptions> = {}): Promise<{ cdn: Cdn; transfers: Transfers }> {
  const cdn = await openCdn({ port: 0 })
  const transfers = openTransfers({ connectTimeoutMs: 1_000, maxTransfers: 16, logger, ...more })
  closing.push(transfers.close, cdn.close)
  return { cdn, transfers }
}

function fileOn(cdn: Cdn, bytes: Uint8Array, ending = '') {
  const { mediaKey, fileEncSha256: encSha256, bytes: encrypted, sizeBytes } = encryptMedia(bytes, 'video')
  const path = cdn.put(encrypted)
  const timeouts = { idleTimeoutMs: 20_000, minTotalTimeoutMs: 60_000, timeoutFactor: 1 }
  const maxBytes = 100 * 1024 * 1024
  return {
    path,
    fetched: { url: `${cdn.url}${path}${ending}`, announcedBytes: encrypted.length, maxBytes, ...timeouts },
    expected: { kind: 'video', mediaKey, encSha256, sizeBytes, maxBytes },
  }
}

/** Copies: a piece is the reader's only until it asks for the next. */
async function readAll(pieces: AsyncIterable<Piece>) {
  const read: Buffer[] = []
  let proof: Piece['file'] = null
  for await (const { bytes, file } of pieces) {
    read.push(Buffer.from(bytes))
    proof = file
  }
  return { bytes: Buffer.concat(read), pieces: read.length, proof }
}
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test.each([0, 1, 65_536, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 5 * PIECE_BYTES + 7])(
  '[C3] a file of %i bytes comes over whole, and its last piece is its proof',
  async sizeBytes => {
    const { cdn, transfers } = await open()
    const bytes = randomBytes(sizeBytes)
    const read = await readAll(transfers.open(fileOn(cdn, bytes), never))
    expect(read.bytes.equals(bytes)).toBe(true)
    expect(read.proof).toEqual({ sizeBytes, sha256: sha256(bytes) })
    if (sizeBytes <= 65_536) expect(read.pieces, 'a small file is proven before anything of it is seen').toBe(1)
  },
)

const large = randomBytes(8 * PIECE_BYTES)

test.each([
  ['bad-mac', { kind: 'flip', atByte: large.length - 5 }],
  ['bad-mac', { kind: 'bad-mac' }],
  ['truncated', { kind: 'truncate', atByte: large.length - 6 }],
  ['gone', { kind: 'status', status: 404 }],
] as const)('[C3] %s throws before the last piece: %o', async (code, fault) => {
  const { cdn, transfers } = await open()
  const file = fileOn(cdn, large)
  cdn.fault(file.path, fault)
  const seen: Piece[] = []
  const reading = async () => {
    for await (const piece of transfers.open(file, never)) seen.push(piece)
  }
  await expect(reading()).rejects.toMatchObject({ name: 'MediaError', code })
  expect(seen.every(piece => piece.file === null)).toBe(true)
})

test('[C4] [C5] what a server says besides comes over with the failure', async () => {
  const { cdn, transfers } = await open()
  const file = fileOn(cdn, large)
  cdn.fault(file.path, { kind: 'status', status: 429, retryAfterSeconds: 7 })
  await expect(readAll(transfers.open(file, never))).rejects.toMatchObject({
    code: 'throttled',
    retryable: true,
    retryAfterMs: 7000,
  })
  const other = { ...fileOn(cdn, large), expected: { ...fileOn(cdn, large).expected, kind: 'image', encSha256: null } }
  await expect(readAll(transfers.open(other, never))).rejects.toMatchObject({ code: 'bad-mac', otherKeysMayFit: true })
  const limited = fileOn(cdn, large)
  const expected = { ...limited.expected, maxBytes: large.length - 1 }
  await expect(readAll(transfers.open({ ...limited, expected }, never))).rejects.toMatchObject({ code: 'too-large' })
})

test('[H6] a transfer that is called off ends at once, also at the CDN, and its thread takes the next', async () => {
  const { cdn, transfers } = await open({ maxWorkers: 1 })
  const file = fileOn(cdn, large)
  cdn.fault(file.path, { kind: 'stall', atByte: PIECE_BYTES + 100_000 }, 1)
  const stop = new AbortController()
  const pieces = transfers.open(file, stop.signal)
  await pieces.next()
  const next = pieces.next()
  stop.abort(new Error('the partition moved'))
  await expect(next).rejects.toThrow('the partition moved')
  await until('the CDN’s connection to be over', () => cdn.hits().length === 1)
  expect((await readAll(transfers.open(file, never))).bytes.equals(large)).toBe(true)
  expect(logger.lines).toEqual([])
})

test('[C2] a thread that runs out of memory fails its own transfers alone, is said, and is replaced', async () => {
  const entry = new URL('../ground/processors/dying-worker.ts', import.meta.url)
  const { cdn, transfers } = await open({ entry, maxWorkers: 2 })
  const dying = transfers.open(fileOn(cdn, large, '&dies'), never)
  await dying.next()
  const living = transfers.open(fileOn(cdn, large), never)
  const first = await living.next()
  expect(first.value?.bytes.length).toBe(PIECE_BYTES)
  await expect(readAll(dying)).rejects.toThrow('its thread ended')
  const rest = await readAll(living)
  expect(rest.proof).toEqual({ sizeBytes: large.length, sha256: sha256(large) })
  expect((await readAll(transfers.open(fileOn(cdn, large), never))).bytes.equals(large)).toBe(true)
  expect(logger.lines).toMatchObject([{ level: 'warn', event: 'media.worker-ended', fields: { transfers: 1 } }])
})

test('[C2] a thread without a transfer ends, and the next transfer finds a new one', async () => {
  const { cdn, transfers } = await open({ idleMs: 0, maxWorkers: 1 })
  for (let n = 0; n < 3; n++) expect((await readAll(transfers.open(fileOn(cdn, large), never))).proof).not.toBeNull()
})

test('[H6] closing ends what runs, and nothing begins afterwards', async () => {
  const { cdn, transfers } = await open()
  const file = fileOn(cdn, large)
  cdn.fault(file.path, { kind: 'stall', atByte: PIECE_BYTES + 100_000 })
  const pieces = transfers.open(file, never)
  await pieces.next()
  const next = pieces.next()
  await Promise.all([transfers.close(), expect(next).rejects.toThrow('its thread ended')])
  await expect(transfers.open(file, never).next()).rejects.toThrow('they are closed')
})

test('[C3] a transfer holds three pieces, however slow its reader, and fills the same memory again', async () => {
  const memory = createPieceMemory().open()
  const taken = [await memory.take(never), await memory.take(never), await memory.take(never)]
  const fourth = memory.take(never)
  const [first] = taken
  if (first === undefined) throw new Error('no piece')
  memory.giveBack(first)
  expect(await fourth).toBe(first)
  expect(taken.map(one => one.byteLength)).toEqual([PIECE_BYTES, PIECE_BYTES, PIECE_BYTES])
  const stop = new AbortController()
  const fifth = memory.take(stop.signal)
  stop.abort(new Error('called off'))
  await expect(fifth).rejects.toThrow('called off')
})

test('[C3] sixty-four transfers hold a piece each and eight more between them, and what one leaves the next one fills', async () => {
  const pieces = createPieceMemory()
  const transfers = Array.from({ length: 64 }, pieces.open)
  const stop = new AbortController()
  const had: ArrayBuffer[] = []
  const takings: Promise<unknown>[] = []
  for (let round = 0; round < 3; round += 1)
    for (const { take } of transfers) takings.push(take(stop.signal).then(memory => had.push(memory)))
  await until('no more to be had', () => had.length >= 64 + 8)
  stop.abort(new Error('called off'))
  await Promise.allSettled(takings)
  expect(had).toHaveLength(64 + 8)

  for (const one of transfers) one[Symbol.dispose]()
  for (const memory of had) pieces.keep(memory)
  const next = pieces.open()
  const again = [await next.take(never), await next.take(never), await next.take(never)]
  expect(again.every(memory => had.includes(memory))).toBe(true)
})

test('[C3] who stops at the last piece gives its memory back as well: the next transfer fills it', async () => {
  const { cdn, transfers } = await open({ maxWorkers: 1 })
  const lastOf = async (bytes: Uint8Array, look: (last: Piece) => void) => {
    const pieces = transfers.open(fileOn(cdn, bytes), never)
    for (let piece = await pieces.next(); ; piece = await pieces.next()) {
      if (!piece.value?.file) continue
      look(piece.value)
      return await pieces.return()
    }
  }
  const filled = Buffer.alloc(65_536, 'A')
  await lastOf(filled, ({ bytes }) => expect(filled.equals(bytes)).toBe(true))
  await lastOf(Buffer.from('of a few bytes'), ({ bytes }) => {
    const memory = Buffer.from(bytes.buffer)
    expect(memory.subarray(0, bytes.length).toString()).toBe('of a few bytes')
    expect(memory.subarray(bytes.length, 65_536).equals(filled.subarray(bytes.length))).toBe(true)
  })
})

test('[C3] what was read of a download is no memory any more, and what shares its memory with others stays', async () => {
  const read: Uint8Array[] = []
  const shared = Buffer.from('of a few bytes')
  async function* chunks() {
    for (let n = 0; n < 3; n += 1) yield new Uint8Array(new ArrayBuffer(65_536))
    yield shared
  }
  for await (const chunk of givingBack(chunks())) {
    expect(chunk.byteLength, 'the reader has it whole').toBeGreaterThan(0)
    read.push(chunk)
  }
  expect(read.map(chunk => chunk.byteLength)).toEqual([0, 0, 0, shared.byteLength])

  const file = encryptMedia(randomBytes(300_000), 'video')
  const { mediaKey, fileEncSha256: encSha256, sizeBytes } = file
  async function* encrypted() {
    for (let at = 0; at < file.bytes.length; at += 65_536) yield file.bytes.subarray(at, at + 65_536)
  }
  const expected = { kind: 'video', mediaKey, encSha256, sizeBytes, maxBytes: 1_000_000 }
  const plain: Uint8Array[] = []
  for await (const chunk of verifiedDownload(encrypted(), expected)) plain.push(chunk)
  const leftBytes = plain.reduce((sum, chunk) => sum + chunk.byteLength, 0)
  expect(leftBytes, 'at most a block for each chunk and the last one').toBeLessThan(1_000)
})
