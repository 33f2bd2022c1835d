// What is forwarded, made of what the read model has of the message: its file, where it has one, is the one that zaplog stored.

import { type FileKind, isFileKind } from '../../events/command-bodies/files.ts'
import { type ContentToForward, type Known, parseContentToForward } from '../../events/command-bodies/known.ts'
import type { MessageBody } from '../../events/command-bodies.ts'
import { type MessageAnswer, mediaOf } from '../../projections/read-model/queries.ts'
import type { Of } from './complete-body.ts'
import { findMessage, refuseField } from './find-message.ts'

/** As long as a body may be that says it all. */
const MAX_BYTES = 256 * 1024

/** Throws Problem. */
export async function findForwarded(
  of: Of,
  { messageId, fromChatId }: Extract<MessageBody, { kind: 'forward' }>,
): Promise<NonNullable<Known['forwarded']>> {
  const found = await findMessage(of, { field: 'messageId', messageId, chatId: fromChatId ?? null })
  const content = found.viewOnce === true ? null : await contentOf(of, found)
  if (content === null)
    throw refuseField(
      'messageId',
      'a text, location, contacts, poll or file: nothing else is forwarded in this version',
      found.viewOnce === true ? `one of kind ${found.kind} to be viewed once` : `one of kind ${found.kind}`,
    )
  const bytes = Buffer.byteLength(JSON.stringify(content))
  if (bytes > MAX_BYTES) throw refuseField('messageId', `a message of at most ${MAX_BYTES} bytes`, `one of ${bytes}`)
  return { content, times: timesOf(found) }
}

async function contentOf(of: Of, found: MessageAnswer): Promise<ContentToForward | null> {
  const { kind } = found
  return isFileKind(kind) ? fileOf(of, { ...found, kind }) : writtenOf(found)
}

type FileMessage = Pick<MessageAnswer, 'eventId' | 'text'> & { kind: FileKind }

async function fileOf(of: Of, { eventId, kind, text }: FileMessage): Promise<ContentToForward> {
  const stored = await mediaOf(of.database, eventId)
  const { key: objectKey = null, mimetype = null, fileName = null } = stored ?? {}
  if (objectKey === null)
    throw refuseField('messageId', 'a message whose file zaplog has stored', `one whose file is ${stored?.status ?? 'unknown'}`)
  const uploadId = await of.bring({ field: 'messageId', kind, source: { from: 'object', objectKey }, mimetype, fileName })
  return { kind, uploadId, ...(text && { caption: text }), ...(fileName && { fileName }) }
}

function writtenOf({ kind, text, location, contacts, poll, interactive }: MessageAnswer): ContentToForward | null {
  if (kind === 'link-preview') return parseContentToForward({ kind: 'text', text, linkPreview: previewIn(interactive) })
  return parseContentToForward({
    kind,
    ...(kind === 'text' && { text }),
    ...(kind === 'location' && { location }),
    ...(kind === 'contacts' && { contacts }),
    ...(kind === 'poll' && { poll }),
  })
}

/** As convert/kinds/text.ts writes it. */
const previewIn = (interactive: string | null): unknown => (interactive === null ? undefined : JSON.parse(interactive))

const timesOf = ({ fromMe, forwarded }: MessageAnswer): number => (forwarded === true ? 1 : 0) + (fromMe ? 0 : 1)
