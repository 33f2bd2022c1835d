// Content that is newer than this version's protobuf: a field whose number it does not have. Somebody wrote it all the same.
import { proto } from '@whiskeysockets/baileys'
import { convertKind } from './convert-kind.ts'
import { textOf } from './kinds/body.ts'
import { bytesAt, fieldsOf } from './message-content.ts'
import { knownNumbers } from './message-fields.ts'
import { unwrapMessage } from './unwrap-message.ts'

/** The text in it, null where none is found; undefined: there is no field that is newer. `path`: where in `message` to look. */
export function newerText(message: Uint8Array, path: readonly number[]): string | null | undefined {
  const content = bytesAt(message, path)
  if (content === null) return undefined
  for (const { field, bytes } of fieldsOf(content))
    if (!knownNumbers.has(field)) return bytes === null ? null : (plainText(bytes) ?? wrappedText(bytes))
  return undefined
}

/** New kinds come as texts, as `conversation` did; the tags that a message begins with are no characters of a text. */
function plainText(bytes: Uint8Array): string | null {
  const text = Buffer.from(bytes).toString()
  return Buffer.from(text).equals(bytes) && !/\p{Cc}/u.test(text.replaceAll(/[\t\n\r]/g, '')) && !text.startsWith('\n')
    ? textOf(text)
    : null
}

/** Or in a wrapper, whose only field is the message: that is what its shape (FutureProofMessage) is for. */
function wrappedText(bytes: Uint8Array): string | null {
  try {
    const { message } = proto.Message.FutureProofMessage.decode(bytes)
    return message ? textOf(convertKind(unwrapMessage(message).content)?.text) : null
  } catch {
    // Of another shape.
    return null
  }
}
