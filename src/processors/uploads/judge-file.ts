// What a file is by its own bytes: nothing is sent as what it is not.
import type { FileKind } from '../../events/command-bodies/files.ts'
import { bareType, refuseType } from '../../instances/upload-kinds.ts'
import type { UploadRow } from '../../instances/uploads.ts'
import { SNIFFED_BYTES, type SniffedType, sniffType } from '../sniff-type.ts'
import { isOpus } from './durations.ts'
import { UploadError } from './upload-error.ts'

type Bytes = AsyncIterable<Uint8Array>
export type JudgedFile = {
  /** As found, never as said alone. */
  mimetype: string
  /** Of that type, without a dot. */
  extension: string
  /** All of them, once. */
  body: Bytes
  /** A voice note that has to be made of it first. */
  converts: boolean
}

/** Throws UploadError `empty`, `type-mismatch` or `type-not-allowed`, and what the bytes throw. */
export async function judgeFile({
  row,
  kind,
  body,
  canConvert,
}: {
  row: Pick<UploadRow, 'mimetype'>
  kind: FileKind
  body: Bytes
  canConvert: boolean
}): Promise<JudgedFile> {
  const iterator = body[Symbol.asyncIterator]()
  const { head, read } = await firstBytes(iterator)
  const whole = joined(read, iterator)
  try {
    if (head.length === 0) throw new UploadError('empty', 'expected a file, got no byte')
    const { mimetype, extension } = await typeOf(head, row.mimetype)
    const expected = refuseType(kind, mimetype, canConvert)
    if (expected !== null) throw new UploadError('type-not-allowed', `expected ${expected}, got ${mimetype}`)
    const converts = kind === 'voice' && !isOpus(head)
    if (converts && !canConvert) throw new UploadError('not-convertible', 'expected Ogg with Opus; other audio needs FFMPEG_PATH')
    return { mimetype, extension, body: whole, converts }
  } catch (error) {
    await iterator.return?.()
    throw error
  }
}

/** Throws UploadError `type-mismatch`. */
async function typeOf(head: Uint8Array, declared: string | null): Promise<SniffedType> {
  const said = bareType(declared ?? '')
  const sniffed = await sniffType(head, said === '' ? null : said)
  const found = bareType(sniffed.mimetype)
  if (said === '' || said === unknown || found === said) return { ...sniffed, mimetype: found }
  // What has no signature and would run where it is opened is nobody's lie, and is sent as bytes.
  if (found === unknown && /^text\/|xml|script|json/.test(said)) return { ...sniffed, mimetype: unknown }
  throw new UploadError('type-mismatch', `expected ${said} as it was said, got ${found}`)
}

const unknown = 'application/octet-stream'

type Reading = AsyncIterator<Uint8Array>

async function firstBytes(iterator: Reading): Promise<{ head: Uint8Array; read: readonly Uint8Array[] }> {
  const read: Uint8Array[] = []
  let sizeBytes = 0
  while (sizeBytes < SNIFFED_BYTES) {
    const next = await iterator.next()
    if (next.done === true) break
    // A chunk may be filled anew once the next one is asked for.
    read.push(Buffer.from(next.value))
    sizeBytes += next.value.length
  }
  return { head: Buffer.concat(read).subarray(0, SNIFFED_BYTES), read }
}

async function* joined(read: readonly Uint8Array[], iterator: Reading): AsyncGenerator<Uint8Array, void, undefined> {
  let ended = false
  try {
    yield* read
    for (;;) {
      const next = await iterator.next()
      ended = next.done === true
      if (next.done === true) return
      yield next.value
    }
  } finally {
    if (!ended) await iterator.return?.()
  }
}
