// An upload that is asked for, by whomever: its id follows from the key, its digest from what was said, and its place is nobody's guess.
import { createHash, randomBytes } from 'node:crypto'
import { type NewUpload, uploadIdOf } from '../../instances/uploads.ts'
import type { ObjectStore } from '../../objects/objects.ts'
import type { Config } from '../../runtime/config.ts'
import { canonicalJson } from './canonical-json.ts'

export type NewUploadDeps = {
  objects: Pick<ObjectStore, 'newKey'>
  uploads: Pick<Config['uploads'], 'expireAfterMs'>
}
/** `key`: what makes its id; `digest`: of what was said; `askedAt`: epoch ms. */
type Given = Omit<NewUpload, 'uploadId' | 'incomingKey' | 'expiresAt'> & { key: string }

export function makeUpload({ objects, uploads }: NewUploadDeps, { key, ...given }: Given): NewUpload {
  const { instanceId, askedAt } = given
  const uploadId = uploadIdOf({ instanceId, key })
  return {
    ...given,
    uploadId,
    // Its second half is nobody's guess, also where its id is.
    incomingKey: objects.newKey(`incoming/${instanceId}/uploads/${uploadId}${randomBytes(16).toString('hex')}`),
    expiresAt: askedAt + uploads.expireAfterMs,
  }
}

export const digestOf = (said: unknown): string => createHash('sha256').update(canonicalJson(said)).digest('hex')
