// The file that a body names, as an upload: who sends it later asks nobody where it is, and the command keeps no URL.
import type { FileBody } from '../../events/command-bodies/files.ts'
import { findUpload } from '../../instances/uploads.ts'
import { mediaOf } from '../../projections/read-model/queries.ts'
import type { Of } from './complete-body.ts'
import { refuseField } from './find-message.ts'

/** Throws Problem. */
export async function findFile(
  of: Of,
  { kind, media }: Pick<FileBody, 'kind' | 'media'>,
  field: string,
): Promise<{ uploadId: string }> {
  if ('uploadId' in media) return checkUpload(of, { kind, ...media }, `${field}/uploadId`)
  if ('url' in media) {
    const { url, mimetype = null, fileName = null } = media
    return { uploadId: await of.bring({ field, kind, source: { from: 'url', url }, mimetype, fileName }) }
  }
  const { objectKey } = media
  const at = `${field}/objectKey`
  const { mimetype, fileName } = await storedFile(of, objectKey, at)
  return {
    uploadId: await of.bring({ field: at, kind, source: { from: 'object', objectKey }, mimetype, fileName }),
  }
}

/** What it was prepared as it is sent as: WhatsApp's apps show nothing else. */
async function checkUpload({ database, instanceId }: Of, { kind, uploadId }: { kind: string; uploadId: string }, field: string) {
  const refuse = (expected: string, received: string) => refuseField(field, expected, received)
  const found = await findUpload(database, instanceId, uploadId)
  if (found === null) throw refuse('the id of an upload of this instance', JSON.stringify(uploadId))
  if (found.state === 'failed') throw refuse('an upload that did not fail', `one that did: ${found.reasonText}`)
  if (found.kind !== kind) throw refuse(`an upload of kind ${kind}`, `one of kind ${found.kind}`)
  return { uploadId }
}

/** As its key says whose it is (processors/store/final-key.ts). Nothing else in the store is anybody's to send. */
async function storedFile({ database, instanceId }: Of, objectKey: string, field: string) {
  const eventId = /\/([0-9a-f]{32})\.[^/]*$/.exec(objectKey)?.[1]
  const found = eventId === undefined ? null : await mediaOf(database, eventId)
  if (found?.instanceId === instanceId && found.key === objectKey) return found
  throw refuseField(field, 'the key of media that this instance has stored', JSON.stringify(objectKey))
}
