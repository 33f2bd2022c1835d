// A message without its wrappers (view-once, ephemeral, edited, caption and the like), however deep they are nested.
import type { proto } from '@whiskeysockets/baileys'

export type Unwrapped = { content: proto.IMessage; viewOnce: boolean }

const maxDepth = 8

const wrappers = [
  'ephemeralMessage',
  'viewOnceMessage',
  'viewOnceMessageV2',
  'viewOnceMessageV2Extension',
  'documentWithCaptionMessage',
  'editedMessage',
  'associatedChildMessage',
  'groupMentionedMessage',
  'groupStatusMessage',
  'groupStatusMessageV2',
  'botInvokeMessage',
  'lottieStickerMessage',
] as const

export function unwrapMessage(message: proto.IMessage): Unwrapped {
  let content = message.deviceSentMessage?.message ?? message
  let viewOnce = false
  for (let depth = 0; depth < maxDepth; depth++) {
    const wrapper = wrappers.find(name => content[name]?.message)
    const inner = wrapper === undefined ? undefined : content[wrapper]?.message
    if (wrapper === undefined || !inner) break
    viewOnce ||= wrapper.startsWith('viewOnce')
    content = inner
  }
  return { content, viewOnce }
}
