// Lines of a conversation that are neither payments nor calls: a message kept beyond its time, a number asked for, a status answered.
import { proto } from '@whiskeysockets/baileys'
import { type Body, textOf } from './body.ts'
import { jidOf } from './interactive.ts'
import { systemBody } from './system-body.ts'
import { structuredTextOf } from './template.ts'

export function convertNotice(content: proto.IMessage): Body | null {
  const { keepInChatMessage: kept, requestPhoneNumberMessage: asked, messageHistoryNotice: shared } = content
  const { highlyStructuredMessage: structured, statusNotificationMessage: answered } = content
  const { statusStickerInteractionMessage: stuck } = content
  if (kept) return keptBody(kept)
  if (asked) return systemBody('phone-number-requested', {}, { context: asked.contextInfo })
  if (structured) {
    const told = { namespace: textOf(structured.namespace), name: textOf(structured.elementName), params: structured.params }
    return systemBody('structured-text', told, { text: structuredTextOf(structured) })
  }
  if (shared) return systemBody('history-shared', {}, { context: shared.contextInfo })
  if (answered) return systemBody('status-answered', { targetMessageId: textOf(answered.originalMessageKey?.id) })
  return stuck
    ? systemBody('status-reacted', { targetMessageId: textOf(stuck.key?.id), sticker: textOf(stuck.stickerKey) })
    : null
}

function keptBody({ key, keepType }: proto.Message.IKeepInChatMessage): Body {
  const action = keepType === proto.KeepType.UNDO_KEEP_FOR_ALL ? 'message-unkept' : 'message-kept'
  return systemBody(action, { targetMessageId: textOf(key?.id), targetSenderId: jidOf(key?.participant) })
}
