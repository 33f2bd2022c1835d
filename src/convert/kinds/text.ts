// Text, with or without a quote or mentions; as link-preview where its sender's phone put a preview of a link beside it, whose picture is
// its file.
import type { proto } from '@whiskeysockets/baileys'
import { type Body, bufferOf, intOf, textOf } from './body.ts'
import { fileOf } from './file.ts'
import { interactiveOf } from './interactive.ts'

/** An empty text is one, too. */
export function convertText({ conversation, extendedTextMessage: extended }: proto.IMessage): Body | null {
  if (extended) return hasPreview(extended) ? linkPreview(extended) : { ...plain(extended), kind: 'text' }
  return typeof conversation === 'string' ? { kind: 'text', text: conversation, context: null } : null
}

type Extended = proto.Message.IExtendedTextMessage

const plain = ({ text, viewOnce, contextInfo }: Extended) => ({
  text: text ?? '',
  viewOnce: viewOnce ?? null,
  context: contextInfo,
})

/** The link alone is only marked as one. */
const hasPreview = ({ matchedText, title, description, jpegThumbnail }: Extended): boolean =>
  textOf(matchedText) !== null && (textOf(title) ?? textOf(description) ?? bufferOf(jpegThumbnail)) !== null

/** Its picture is a file of its own, sealed with keys of its own (`WhatsApp Link Thumbnail Keys`). */
function linkPreview(extended: Extended): Body {
  const { matchedText, title, description, mediaKey, jpegThumbnail } = extended
  const picture = {
    mimetype: 'image/jpeg',
    mediaKey,
    jpegThumbnail,
    directPath: extended.thumbnailDirectPath,
    fileSha256: extended.thumbnailSha256,
    fileEncSha256: extended.thumbnailEncSha256,
  }
  const file = textOf(picture.directPath) === null ? {} : fileOf(picture, sizeOf(extended))
  return {
    ...plain(extended),
    kind: 'link-preview',
    interactive: interactiveOf({ url: textOf(matchedText), title: textOf(title), description: textOf(description) }),
    ...file,
  }
}

const sizeOf = ({ thumbnailWidth, thumbnailHeight }: Extended) => ({
  width: intOf(thumbnailWidth),
  height: intOf(thumbnailHeight),
})
