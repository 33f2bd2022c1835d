// What WhatsApp's own assistant answers in several parts. The contract has no word for it: its kind is unknown, its text is not.
import type { proto } from '@whiskeysockets/baileys'
import { type Body, textOf } from './body.ts'

export function convertAssistant({ richResponseMessage: response }: proto.IMessage): Body | null {
  if (!response) return null
  const texts = (response.submessages ?? []).map(part => part.messageText ?? '').filter(text => text !== '')
  return { kind: 'unknown', text: textOf(texts.join('\n')), context: response.contextInfo }
}
