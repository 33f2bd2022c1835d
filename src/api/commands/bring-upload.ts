// A file that zaplog brings by itself for a message is an upload as any other, and told as one: one for each command, however often that is asked
// for. Who sends it waits until role processors have it.
import { createHash, randomBytes } from 'node:crypto'
import type { Database } from '../../database/database.ts'
import type { FileKind } from '../../events/command-bodies/files.ts'
import type { Outbox } from '../../instances/outbox.ts'
import { uploadRequested } from '../../instances/upload-events.ts'
import { refuseType } from '../../instances/upload-kinds.ts'
import { askUpload, type NewUpload, type UploadSource, uploadIdOf } from '../../instances/uploads.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import type { Config } from '../../runtime/config.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { instanceNotFound } from '../problems.ts'
import { canonicalJson } from './canonical-json.ts'
import { refuseField } from './find-message.ts'

export type BringDeps = {
  database: Database
  sealer: Pick<Sealer, 'seal'>
  objects: Pick<ObjectStore, 'newKey'>
  outbox: Pick<Outbox, 'owe' | 'append'>
  uploads: Pick<Config['uploads'], 'expireAfterMs' | 'ffmpegPath'>
}
/** `now`: epoch ms. */
type Whose = { instanceId: string; commandId: string; now: number; signal: AbortSignal }
/** `field`: of the body, for a refusal. */
type Wanted = {
  field: string
  kind: FileKind
  source: Exclude<UploadSource, { from: 'upload' }>
  mimetype: string | null
  fileName: string | null
}
/** Answers the id of its upload. Throws Problem `invalid-input`, or `instance-not-found` where the instance is purged. */
export type Bring = (wanted: Wanted) => Promise<string>

export const bringFor =
  (deps: BringDeps, of: Whose): Bring =>
  async ({ field, ...wanted }) => {
    const { kind, mimetype } = wanted
    const expected = mimetype === null ? null : refuseType(kind, mimetype, deps.uploads.ffmpegPath !== null)
    if (expected !== null) throw refuseField(field, expected, mimetype ?? '')
    const upload = newUpload(deps, of, wanted)
    const outboxId = await deps.database.transact(async tx => {
      const asked = await askUpload({ database: tx, sealer: deps.sealer }, upload)
      if (asked === null) throw instanceNotFound(of.instanceId)
      return asked.isNew ? await deps.outbox.owe(tx, uploadRequested('upload.requested', upload)) : null
    }, of.signal)
    if (outboxId !== null) await deps.outbox.append(outboxId)
    return upload.uploadId
  }

function newUpload(
  { objects, uploads }: BringDeps,
  { instanceId, commandId, now }: Whose,
  wanted: Omit<Wanted, 'field'>,
): NewUpload {
  const uploadId = uploadIdOf({ instanceId, key: `command-${commandId}` })
  return {
    ...{ ...wanted, uploadId, instanceId, chatId: null, caption: null, sizeBytes: null },
    digest: createHash('sha256').update(canonicalJson(wanted)).digest('hex'),
    incomingKey: objects.newKey(`incoming/${instanceId}/uploads/${uploadId}${randomBytes(16).toString('hex')}`),
    askedAt: now,
    expiresAt: now + uploads.expireAfterMs,
  }
}
