// What an event says about a file: the public part that webhooks repeat, and the reference that fetches it, which they never carry.
import { field, list, optional, record } from './schema-fields.ts'

export const media = record('Media', 'What the message says about its file.', {
  mimetype: field('string', 'As declared by the sender; media.stored has the sniffed one.'),
  sizeBytes: optional('long', 'Announced size of the plain file.'),
  sha256: optional('string', 'Announced SHA-256 of the plain file, lower-case hex.'),
  fileName: optional('string', 'The sender’s file name; never used as a path.'),
  width: optional('int', 'Pixels.'),
  height: optional('int', 'Pixels.'),
  durationSeconds: optional('int', 'Audio and video.'),
  pages: optional('int', 'Documents.'),
})

export const mediaSource = record('MediaSource', 'How to fetch and decrypt the file. Sensitive.', {
  url: optional('string', 'As the sender gave it; only its host and path matter, and only WhatsApp’s hosts are dialled.'),
  directPath: optional('string', 'Path on WhatsApp’s CDN.'),
  mediaKey: field('bytes', '32 bytes that the file’s keys derive from.'),
  encSha256: optional('bytes', 'SHA-256 of the encrypted file with its MAC.'),
  sha256: optional('bytes', 'SHA-256 of the plain file.'),
  sizeBytes: optional('long', 'Announced size of the plain file.'),
  preview: optional('bytes', 'The small JPEG that came with the message.'),
  waveform: optional('bytes', 'Loudness of a voice note, one byte per bar.'),
})

/** The file a media event speaks of, carried along from the message. */
export const fileFields = {
  sourceEventId: field('string', 'The message event this file belongs to.'),
  round: field('int', '1 for the first processing; rises with each repetition set off by an operator or the phone.'),
  kind: field('string', 'image, video, voice, document …'),
  mimetype: optional('string', 'Declared by the sender until the bytes were sniffed.'),
  fileName: optional('string', 'The sender’s file name.'),
  width: optional('int', 'Pixels.'),
  height: optional('int', 'Pixels.'),
  durationSeconds: optional('int', 'Audio and video.'),
  pages: optional('int', 'Documents.'),
}

export const location = record('Location', 'A point on the map.', {
  latitude: field('double', 'Degrees.'),
  longitude: field('double', 'Degrees.'),
  name: optional('string', ''),
  address: optional('string', ''),
  url: optional('string', ''),
})
export const contactCard = record('ContactCard', 'A contact that was shared.', {
  displayName: optional('string', ''),
  vcard: field('string', 'RFC 6350 text as received.'),
})
export const poll = record('Poll', 'A poll as it was created.', {
  name: field('string', ''),
  options: list('string', ''),
  selectableCount: field('int', '0: any number.'),
})
