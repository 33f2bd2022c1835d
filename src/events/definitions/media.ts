// What becomes of a message's file. Of one file the higher round counts, then expired > stored > failed > downloaded > refreshed.
import { fileFields, mediaSource } from '../media-shapes.ts'
import { type EventShape, field, optional, personal } from '../schema-fields.ts'

const copy = 'A copy under the same eventId where a crash makes it be done again; the next round has another one.'
const source = personal(
  optional(mediaSource, 'As its message had it, for another fetch; null: not known. Sensitive, never in webhooks.'),
)
const plainSize = field('long', 'Bytes of the plain file, as it was received.')
const plainHash = field('string', 'SHA-256 of the plain bytes, lower-case hex.')
const matches = field(
  'boolean',
  'Whether that is what the message announced, also where it announced nothing; a mismatch is flagged, not refused.',
)
const attempts = field('int', 'Tries of this round, the last one included; from 1.')

export const mediaEvents: readonly EventShape[] = [
  {
    type: 'media.downloaded',
    doc: 'The file is fetched, decrypted and verified, and held under incoming/.',
    when: 'MAC and hash of the whole file agree; also where the same file is there already, from another message of the instance.',
    again: copy,
    not: 'Messages without a file; purged instances.',
    fields: {
      ...fileFields,
      incomingKey: field('string', 'Object key of the plain file; it is kept for 30 days.'),
      sizeBytes: plainSize,
      sha256: plainHash,
      sha256Matches: matches,
      attempts,
      mediaSource: source,
    },
  },
  {
    type: 'media.stored',
    doc: 'The file is at its final key.',
    when: 'It was copied there and, of a picture, its thumbnail was made or given up.',
    again: copy,
    not: 'Files above the limit of their kind, which fail.',
    fields: {
      ...fileFields,
      key: field(
        'string',
        '{instanceId}/{yyyy}/{mm}/{dd}/{sourceEventId}.{extension}: the object, by the UTC day of its message; behind S3_KEY_PREFIX where that is set.',
      ),
      extension: field('string', 'By the sniffed type, without a dot; bin where unknown.'),
      sizeBytes: plainSize,
      sha256: plainHash,
      sha256Matches: matches,
      thumbnailKey: optional('string', '{key}_thumb.jpg, a JPEG; null: it is no picture, or none could be made of it.'),
    },
  },
  {
    type: 'media.failed',
    doc: 'The file could not be had, or not kept.',
    when: 'The last try failed, or one whose failure no repetition mends.',
    again: copy,
    not: 'While the object store or another part is down: that costs no try. What a try may mend is tried again first.',
    fields: {
      ...fileFields,
      stage: field('string', 'download, store, send, policy.'),
      reason: field('string', 'timeout, gone, bad-mac …; consumers must accept new ones.'),
      retryable: field(
        'boolean',
        'Whether another round can help; of a file that vanished before it was stored one follows by itself.',
      ),
      attempts,
      detail: optional('string', 'What came back, for people; null: nothing.'),
      mediaSource: source,
    },
  },
  {
    type: 'media.refreshed',
    doc: 'The phone uploaded the file again.',
    when: 'Not in this version. Later: WhatsApp’s servers no longer had the file, and the phone gave it to them again.',
    again: 'Not in this version. Later: once for each such upload, each a round of its own.',
    not: 'Files that could be fetched as they were.',
    fields: {
      ...fileFields,
      mediaSource: personal(optional(mediaSource, 'Where it is now; null: not said. Sensitive, never in webhooks.')),
    },
  },
  {
    type: 'media.expired',
    doc: 'The file was deleted by retention or erasure.',
    when: 'Not in this version. Later: a stored file has been deleted by age or by an erasure.',
    again: 'Not in this version. Later: a copy under the same eventId where a crash makes it be said again.',
    not: 'A purge of the whole instance, which ends with instance.deleted.',
    fields: { ...fileFields, reason: field('string', 'retention, erased; consumers must accept new ones.') },
  },
]
