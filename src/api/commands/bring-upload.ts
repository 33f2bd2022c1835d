// A file that zaplog brings by itself for a message is an upload as any other: one for each command, however often that is asked for.
import { createHash, randomBytes } from 'node:crypto'
import type { Transaction } from '../../database/database.ts'
import type { FileKind } from '../../events/command-bodies/files.ts'
import { askUpload, type UploadSource, uploadIdOf } from '../../instances/uploads.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { instanceNotFound } from '../problems.ts'
import { canonicalJson } from './canonical-json.ts'

export type BringDeps = {
  database: Transaction
  sealer: Pick<Sealer, 'seal'>
  objects: Pick<ObjectStore, 'newKey'>
  commands: { expireAfterMs: number }
}
type Whose = { instanceId: string; commandId: string; now: number }
type Wanted = {
  kind: FileKind
  source: Exclude<UploadSource, { from: 'upload' }>
  mimetype: string | null
  fileName: string | null
}
/** Answers the id of its upload. Throws Problem `instance-not-found` where the instance is purged. */
export type Bring = (wanted: Wanted) => Promise<string>

export const bringFor =
  (deps: BringDeps, { instanceId, commandId, now }: Whose): Bring =>
  async wanted => {
    const uploadId = uploadIdOf({ instanceId, key: `command-${commandId}` })
    const asked = await askUpload(deps, {
      ...{ ...wanted, uploadId, instanceId, chatId: null, caption: null, sizeBytes: null },
      digest: createHash('sha256').update(canonicalJson(wanted)).digest('hex'),
      incomingKey: deps.objects.newKey(`incoming/${instanceId}/uploads/${uploadId}${randomBytes(16).toString('hex')}`),
      askedAt: now,
      expiresAt: now + deps.commands.expireAfterMs,
    })
    if (asked === null) throw instanceNotFound(instanceId)
    return uploadId
  }
