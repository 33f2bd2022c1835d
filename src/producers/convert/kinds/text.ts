// Text, with or without a link preview, a quote or mentions.
import type { proto } from '@whiskeysockets/baileys'
import type { Body } from './body.ts'

export function convertText({ conversation, extendedTextMessage: extended }: proto.IMessage): Body | null {
  if (extended) return { kind: 'text', text: extended.text ?? '', context: extended.contextInfo }
  return conversation ? { kind: 'text', text: conversation, context: null } : null
}
