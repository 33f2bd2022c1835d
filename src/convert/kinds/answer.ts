// Texts that answer a question in a channel or a status: text, with what it answers as its parent.
import type { proto } from '@whiskeysockets/baileys'
import { type Body, textOf } from './body.ts'

export function convertAnswer(content: proto.IMessage): Body | null {
  const { questionResponseMessage: inChannel, statusQuestionAnswerMessage: toStatus, statusQuotedMessage: quoted } = content
  if (quoted) return answered(quoted.text, quoted.originalStatusId)
  const answer = inChannel ?? toStatus
  return answer ? answered(answer.text, answer.key) : null
}

const answered = (text: string | null | undefined, key: proto.IMessageKey | null | undefined): Body => ({
  kind: 'text',
  text: text ?? '',
  parentMessageId: textOf(key?.id),
  context: null,
})
