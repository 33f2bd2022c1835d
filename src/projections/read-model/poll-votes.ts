// The last choice of each voter in each poll; a withdrawal is an empty one, kept so that an older one cannot come after it.
import type { Write } from '../../database/statement-parts.ts'
import type { EventOf } from '../../events/event.ts'
import { insertInto } from './insert-rows.ts'
import { type SaidOfMessage, setNewer, speakerOf, targetColumns, targetRow } from './said-of-message.ts'
import { greatestByKey, isLaterThanOld, keyOf } from './stamp.ts'

export type Vote = SaidOfMessage & Pick<EventOf<'poll.voted'>, 'options' | 'unknownHashes'>

/** WhatsApp's apps take twelve options: of a vote that has more the log alone has the rest. */
export const MAX_CHOSEN = 256

export function votesIn(schema: string): (votes: readonly Vote[]) => Write {
  const insert = insertInto(schema, 'poll_votes', columns, onConflict)
  const keyOfOne = (vote: Vote) => keyOf(vote.instanceId, vote.targetMessageId, vote.chatId, speakerOf(vote), vote.targetSenderId)
  return votes => insert(greatestByKey(votes, keyOfOne).map(toRow))
}

const columns = [...targetColumns, 'sender_id', 'target_sender_id', 'from_me', 'options', 'unknown_hashes']

const onConflict = `on conflict (instance_id, target_message_id, chat_id, sender_id, target_sender_id) do update set
    ${setNewer(['from_me', 'options', 'unknown_hashes'])}
  where ${isLaterThanOld}`

const toRow = (vote: Vote) => ({
  ...targetRow(vote),
  sender_id: speakerOf(vote),
  target_sender_id: vote.targetSenderId ?? '',
  from_me: vote.fromMe ?? false,
  options: vote.options.slice(0, MAX_CHOSEN),
  unknown_hashes: vote.unknownHashes.slice(0, MAX_CHOSEN),
})
