// Uploads as the API and role processors leave them, for whoever holds the account.
import { createHash } from 'node:crypto'
import { askUpload, failUpload, type ReadyFile, uploadIdOf } from '../../../src/instances/uploads.ts'
import { claimUploads, readyUpload } from '../../../src/instances/uploads-at-work.ts'
import type { Rig } from './rig.ts'

type Given = { kind?: string; instanceId?: string } & Partial<ReadyFile>

let nth = 0

/** In the hands of role processors. */
export async function anUpload(rig: Rig, { kind = 'image', instanceId = 'first' }: Given = {}): Promise<string> {
  const uploadId = uploadIdOf({ instanceId, key: `upload ${++nth}` })
  await askUpload(
    { database: rig.database.database, sealer: rig.sealer },
    {
      ...{ uploadId, instanceId, digest: 'aa', kind, incomingKey: `incoming ${nth}`, source: { from: 'object', objectKey: 'k' } },
      ...{ chatId: null, caption: null, fileName: null, mimetype: null, sizeBytes: null },
      ...{ askedAt: Date.now(), expiresAt: Date.now() + 86_400_000 },
    },
  )
  return uploadId
}

/** Whatever else is in their hands stays there. */
export async function makeReady(rig: Rig, uploadId: string, bytes: Buffer, given: Given = {}): Promise<void> {
  const objectKey = `prepared/${uploadId}`
  rig.objects.stored.set(objectKey, bytes)
  const { database } = rig.database
  const claimed = await claimUploads({ database }, { limit: 100, perInstance: 100, leaseMs: 60_000 })
  const one = claimed.find(({ row }) => row.uploadId === uploadId)
  if (one === undefined) throw new Error(`preparing ${uploadId}: it is not to be claimed`)
  const file = {
    ...{ objectKey, mimetype: 'image/jpeg', sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
    ...{ fileName: null, width: null, height: null, durationSeconds: null, thumbnail: null, pages: null, waveform: null },
  }
  const { kind, instanceId, ...said } = given
  await readyUpload(database, { uploadId, claim: one.claim }, { ...file, ...said })
}

export async function aReadyUpload(rig: Rig, bytes: Buffer, given: Given = {}): Promise<string> {
  const uploadId = await anUpload(rig, given)
  await makeReady(rig, uploadId, bytes, given)
  return uploadId
}

export const spoil = (rig: Rig, uploadId: string, reasonText: string): Promise<unknown> =>
  failUpload(rig.database.database, { uploadId, states: ['processing'], reason: 'type-mismatch', reasonText })
