// A poll as it was created. Votes are sealed with the secret in the poll's raw bytes (messageContextInfo.messageSecret).
import type { proto } from '@whiskeysockets/baileys'
import { type Body, intOf } from './body.ts'

export function convertPoll(content: proto.IMessage): Body | null {
  const { pollCreationMessage, pollCreationMessageV2, pollCreationMessageV3, pollCreationMessageV5 } = content
  const poll =
    pollCreationMessage ??
    pollCreationMessageV2 ??
    pollCreationMessageV3 ??
    content.pollCreationMessageV4?.message?.pollCreationMessage ??
    pollCreationMessageV5
  if (!poll) return null
  const options = (poll.options ?? []).map(option => option.optionName ?? '')
  const selectableCount = intOf(poll.selectableOptionsCount) ?? 0
  return { kind: 'poll', poll: { name: poll.name ?? '', options, selectableCount }, context: poll.contextInfo }
}
