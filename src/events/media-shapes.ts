// What an event says about a file: the public part that webhooks repeat, and the reference that fetches it, which they never carry.
import { field, list, optional, personal, record } from './schema-fields.ts'

/** As announced, and handed on from event to event. */
const traits = {
  width: optional('int', 'Pixels of a picture or a video; null: not said.'),
  height: optional('int', 'Pixels of a picture or a video; null: not said.'),
  durationSeconds: optional('int', 'Seconds of an audio or a video; null: not said.'),
  pages: optional('int', 'Pages of a document; null: not said.'),
}

export const media = record('Media', 'What the message says about its file.', {
  mimetype: field(
    'string',
    'As declared by the sender, application/octet-stream where it declares none; media.stored has the sniffed one.',
  ),
  sizeBytes: optional('long', 'Bytes of the plain file, as announced; null: not said.'),
  sha256: optional('string', 'SHA-256 of the plain file, as announced, lower-case hex; null: not said.'),
  fileName: optional('string', 'What the sender calls a document, never used as a path; null: not said.'),
  ...traits,
})

export const mediaSource = record('MediaSource', 'How to fetch and decrypt the file. Sensitive.', {
  url: optional(
    'string',
    'As the sender gave it; only its host and path matter, and only WhatsApp’s hosts are dialled. null: not said.',
  ),
  directPath: optional('string', 'Path on WhatsApp’s CDN; null: not said.'),
  mediaKey: field(
    'bytes',
    '32 bytes that the file’s keys derive from; empty: it is not encrypted, as in channels, or no key was said.',
  ),
  encSha256: optional('bytes', 'SHA-256 of the encrypted file with its MAC; null: not said.'),
  sha256: optional('bytes', 'SHA-256 of the plain file; null: not said.'),
  sizeBytes: optional('long', 'Bytes of the plain file, as announced; null: not said.'),
  preview: optional('bytes', 'The small JPEG that came with the message; null: none did.'),
  waveform: optional('bytes', 'Loudness of a voice note, one byte per bar; null: not said.'),
})

/** The file a media event speaks of, carried along from the message. */
export const fileFields = {
  sourceEventId: field('string', 'eventId of the message that this file belongs to.'),
  round: field('int', '1 for the first processing; the next one where the file has to be fetched anew.'),
  kind: field('string', 'image, video, voice, document …'),
  mimetype: optional('string', 'As declared by the sender; in media.stored what the bytes are. null: not said.'),
  fileName: personal(optional('string', 'What the sender calls a document, never used as a path; null: not said.')),
  ...traits,
}

export const location = record('Location', 'A point on the map.', {
  latitude: field('double', 'Degrees, north of the equator positive.'),
  longitude: field('double', 'Degrees, east of Greenwich positive.'),
  name: optional('string', 'What the place is called; null: not said.'),
  address: optional('string', 'Where it is, as the sender’s phone writes it; null: not said.'),
  url: optional('string', 'A page about it; null: not said.'),
})
export const contactCard = record('ContactCard', 'A contact that was shared.', {
  displayName: optional('string', 'What the contact is called; null: not said.'),
  vcard: field('string', 'The vCard (RFC 6350), as received.'),
})
export const poll = record('Poll', 'A poll as it was created.', {
  name: field('string', 'What is asked.'),
  options: list('string', 'The answers to choose from, in order.'),
  selectableCount: field('int', 'How many of them one may choose; 0: any number.'),
})
