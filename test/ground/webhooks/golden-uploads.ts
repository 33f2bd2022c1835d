// Files that clients give to be sent.
import { somebody } from '../events.ts'
import { type GoldenCase, one, told } from './golden-events.ts'

const upload = { chatId: somebody.lid, chatPn: somebody.pn, uploadId: 'd'.repeat(32), kind: 'image' }

export const uploadCases: readonly GoldenCase[] = [
  one(
    'upload.requested',
    told('upload.requested', { ...upload, source: 'upload', fileName: 'foto.jpg', mimetype: 'image/jpeg', sizeBytes: 204_800 }),
  ),
  one(
    'upload.completed',
    told('upload.completed', {
      ...upload,
      ...{ mimetype: 'image/jpeg', sizeBytes: 204_800, commandId: 'c'.repeat(32), messageId: '3EB0C0FFEE0000000000AA' },
    }),
  ),
  one(
    'upload.failed',
    told('upload.failed', {
      ...upload,
      ...{ mimetype: 'image/jpeg', sizeBytes: 204_800, commandId: null, messageId: null },
      ...{ reason: 'type-mismatch', reasonText: 'expected image/jpeg, got application/pdf' },
    }),
  ),
]
