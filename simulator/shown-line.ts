// One line for a screen: what an account wrote to whom, as phones show it. Pure.
import { getContentType, normalizeMessageContent, type proto } from '@whiskeysockets/baileys'
import { escapeControls } from '../src/runtime/escape-controls.ts'
import type { ShownEvent } from './accounts/events.ts'

/** Safe for a terminal, whatever was written. */
export const shownLine = ({ chatName, content, change }: Pick<ShownEvent, 'chatName' | 'content' | 'change'>): string =>
  escapeControls(`→ ${chatName}: ${change === null ? saidIn(content) : changed(change)}`)

const changed = ({ editedMessage }: proto.Message.IProtocolMessage): string =>
  editedMessage ? `edits: ${saidIn(editedMessage)}` : 'deletes a message'

function saidIn(content: proto.IMessage): string {
  const said = normalizeMessageContent(content) ?? {}
  if (said.reactionMessage) return said.reactionMessage.text ? `reacts ${said.reactionMessage.text}` : 'takes a reaction away'
  return said.conversation || said.extendedTextMessage?.text || `[${kindOf(said)}] ${captionOf(said)}`.trim()
}

/** As the protobuf calls it: image, video, pollCreation … */
const kindOf = (said: proto.IMessage): string => (getContentType(said) ?? 'nothing').replace(/Message(V\d)?$/, '')

function captionOf({ imageMessage, videoMessage, documentMessage }: proto.IMessage): string {
  return imageMessage?.caption || videoMessage?.caption || documentMessage?.caption || documentMessage?.fileName || ''
}
