// A poll as it was created, in each of its versions, and its result as a channel or a forward shows it. Votes are sealed with the secret in
// the poll's raw bytes (messageContextInfo.messageSecret).
import { proto } from '@whiskeysockets/baileys'
import { type Body, intOf, numberOf, textOf } from './body.ts'
import { interactiveOf } from './interactive.ts'

const { PollType } = proto.Message

export function convertPoll(content: proto.IMessage): Body | null {
  const { pollCreationMessage, pollCreationMessageV2, pollCreationMessageV3, pollCreationMessageV5 } = content
  const poll = pollCreationMessage ?? pollCreationMessageV2 ?? pollCreationMessageV3 ?? pollCreationMessageV5
  if (poll) return created(poll)
  const result = content.pollResultSnapshotMessage ?? content.pollResultSnapshotMessageV3
  return result ? counted(result) : null
}

function created(poll: proto.Message.IPollCreationMessage): Body {
  const options = (poll.options ?? []).map(option => option.optionName ?? '')
  const selectableCount = intOf(poll.selectableOptionsCount) ?? 0
  const quiz = poll.pollType === PollType.QUIZ ? { type: 'quiz', correctAnswer: textOf(poll.correctAnswer?.optionName) } : {}
  return {
    kind: 'poll',
    poll: { name: poll.name ?? '', options, selectableCount },
    interactive: interactiveOf(quiz),
    context: poll.contextInfo,
  }
}

function counted(result: proto.Message.IPollResultSnapshotMessage): Body {
  const results = (result.pollVotes ?? []).map(vote => ({
    name: vote.optionName ?? '',
    votes: numberOf(vote.optionVoteCount) ?? 0,
  }))
  return {
    kind: 'poll',
    poll: { name: result.name ?? '', options: results.map(({ name }) => name), selectableCount: 0 },
    interactive: interactiveOf({ ...(result.pollType === PollType.QUIZ && { type: 'quiz' }), results }),
    context: result.contextInfo,
  }
}
