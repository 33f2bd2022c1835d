// What is told of an upload, with ids that follow from it: whoever tells it again tells a copy.
import type { UploadReason } from '../events/definitions/uploads.ts'
import type { EventOf } from '../events/event.ts'
import { derivedId, requestId } from '../events/ids.ts'
import type { NewUpload, UploadRow } from './uploads.ts'

type Of = Pick<UploadRow, 'uploadId' | 'instanceId' | 'kind' | 'chatId' | 'mimetype' | 'sizeBytes'>
type Ended = Of & Pick<UploadRow, 'commandId' | 'messageId' | 'sends'>

export const uploadRequested = (type: 'upload.requested', upload: NewUpload): EventOf<'upload.requested'> => ({
  ...envelopeOf(upload, upload.askedAt),
  type,
  eventId: requestedId(upload),
  occurredAt: upload.askedAt,
  ...{ source: upload.source.from, fileName: upload.fileName, mimetype: upload.mimetype, sizeBytes: upload.sizeBytes },
})

/** One for each send, and one before any. */
export const uploadFailed = (
  type: 'upload.failed',
  upload: Ended,
  { reason, reasonText, at }: { reason: UploadReason; reasonText: string; at: number },
): EventOf<'upload.failed'> => ({
  ...envelopeOf(upload, at),
  type,
  eventId: outcomeId(upload),
  occurredAt: at,
  ...{ mimetype: upload.mimetype, sizeBytes: upload.sizeBytes, commandId: upload.commandId, messageId: upload.messageId },
  ...{ reason, reasonText },
})

/** Of its last send, or of what came before any: one, whoever tells it and however often. */
export const outcomeId = (upload: Pick<Ended, 'uploadId' | 'instanceId' | 'sends'>): string =>
  derivedId({ sourceId: requestedId(upload), by: 'uploads', type: 'outcome', round: upload.sends + 1, ordinal: 0 })

const requestedId = ({ instanceId, uploadId }: Pick<Of, 'instanceId' | 'uploadId'>): string =>
  requestId({ instanceId, type: 'upload.requested', requestId: uploadId })

const envelopeOf = ({ uploadId, instanceId, kind, chatId }: Of, at: number) => ({
  ...{ uploadId, instanceId, kind, chatId, recordedAt: at, epoch: 0, sequence: 0 },
  chatPn: chatId?.endsWith('@s.whatsapp.net') ? chatId : null,
})
