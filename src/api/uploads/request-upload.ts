// A file to send is asked for: what is said of it is judged, its row and its upload.requested are one transaction, and its client may put the bytes.
import { z } from 'zod'
import type { Database } from '../../database/database.ts'
import type { FileKind } from '../../events/command-bodies/files.ts'
import type { Outbox } from '../../instances/outbox.ts'
import { uploadRequested } from '../../instances/upload-events.ts'
import { captionedKinds, kindOfType, maxUploadBytes, refuseType } from '../../instances/upload-kinds.ts'
import { askUpload, type NewUpload, type UploadRow, type UploadSource } from '../../instances/uploads.ts'
import { getRecipient } from '../../projections/read-model/queries.ts'
import type { Config } from '../../runtime/config.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { digestOf, makeUpload, type NewUploadDeps } from '../commands/new-upload.ts'
import { readInstance } from '../instances/read-instances.ts'
import { parseInput, refuseFields } from '../invalid-input.ts'
import { instanceNotFound, Problem } from '../problems.ts'
import { newUpload } from './upload-shapes.ts'

export type RequestDeps = NewUploadDeps & {
  database: Database
  outbox: Outbox
  sealer: Pick<Sealer, 'seal'>
  uploads: Config['uploads']
  clock: () => number
}
/** What is said of a file; null: it is not. `key`: the Idempotency-Key. */
export type WantedUpload = Pick<NewUpload, 'instanceId' | 'chatId' | 'caption' | 'fileName' | 'mimetype' | 'sizeBytes'> & {
  key: string
  kind: FileKind | null
  source: UploadSource
}
/** `outboxId`: of its upload.requested; null: that was owed before. */
type Requested = { row: UploadRow; outboxId: string | null }

/** The same again answers the same. Throws Problem `instance-not-found`, `invalid-input` or `idempotency-key-reused`. */
export async function requestUpload(deps: RequestDeps, wanted: WantedUpload, signal: AbortSignal): Promise<Requested> {
  const judged = newUploadOf(deps, wanted)
  await readInstance(deps.database, wanted.instanceId)
  const upload = await called(deps, judged)
  const asked = await deps.database.transact(async tx => {
    const one = await askUpload({ database: tx, sealer: deps.sealer }, upload)
    if (one === null) throw instanceNotFound(wanted.instanceId)
    const outboxId = one.isNew ? await deps.outbox.owe(tx, uploadRequested('upload.requested', upload)) : null
    return { row: one.row, outboxId }
  }, signal)
  if (asked.row.digest !== upload.digest) throw keyReused(wanted.key)
  return asked
}

/** Its chat under the address that answers and events have for it; the digest is of what was said. */
async function called({ database }: RequestDeps, upload: NewUpload): Promise<NewUpload> {
  const { instanceId, chatId } = upload
  return chatId === null ? upload : { ...upload, chatId: (await getRecipient(database, { instanceId, chatId })).chatId }
}

/** As the fields of our own call, by whichever door it comes: it is an event, which has to fit into a record. */
const told = z.object({
  fileName: newUpload.shape.fileName.nullable(),
  mimetype: newUpload.shape.mimetype.nullable(),
  sizeBytes: newUpload.shape.sizeBytes.nullable(),
})

function newUploadOf(deps: RequestDeps, { key, ...wanted }: WantedUpload): NewUpload {
  const { fileName, mimetype, sizeBytes } = wanted
  const said = { ...wanted, ...parseInput(told, { fileName, mimetype, sizeBytes }) }
  const kind = said.kind ?? kindOfType(said.mimetype ?? '')
  refuse(deps, { ...said, kind })
  return makeUpload(deps, { ...said, key, kind, digest: digestOf(said), askedAt: deps.clock() })
}

type Said = Pick<WantedUpload, 'mimetype' | 'sizeBytes' | 'caption'> & { kind: FileKind }

/** Throws Problem `invalid-input`. */
function refuse({ uploads }: RequestDeps, { kind, mimetype, sizeBytes, caption }: Said): void {
  const expected = mimetype === null ? null : refuseType(kind, mimetype, uploads.ffmpegPath !== null)
  if (expected !== null) throw refuseFields('pointer', [{ pointer: '/mimetype', expected, received: mimetype ?? '' }])
  if (caption !== null && !captionedKinds.includes(kind))
    throw refuseFields('pointer', [
      { pointer: '/caption', expected: `none, or one of ${captionedKinds.join(', ')} as kind`, received: kind },
    ])
  const maxBytes = maxUploadBytes(uploads, kind)
  if (sizeBytes === null || sizeBytes <= maxBytes) return
  const most = `at most ${maxBytes} bytes for ${kind}`
  throw refuseFields('pointer', [{ pointer: '/sizeBytes', expected: most, received: String(sizeBytes) }])
}

const keyReused = (key: string) =>
  new Problem(
    'idempotency-key-reused',
    `the Idempotency-Key ${JSON.stringify(key)} was used for another upload: the same key asks for the same again, another file needs another key`,
  )
