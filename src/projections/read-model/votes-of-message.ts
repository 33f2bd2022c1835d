// Who voted in a poll and who answered an event, as answers show it: of one person's addresses the last word counts. There may be a thousand, so
// everybody is looked up by the statement itself and by no function of the database (shown-addresses.ts).
import { answerOf, jsonOf } from './columns.ts'
import { answerIn } from './event-answers.ts'
import { answerColumns, type EventAnswer, type Vote, voteColumns } from './message-columns.ts'
import { canonicalAddress } from './shown-addresses.ts'

/** How many voted for an option of the poll. */
export type PollResult = { option: string; votes: number }
/** Each null where the message is none of it. */
export type SaidTo = { votes: Vote[] | null; results: PollResult[] | null; answers: EventAnswer[] | null }
export type SaidToRow = {
  poll: unknown
  kind: unknown
  interactive: unknown
  votes: readonly Vote[]
  answers: readonly EventAnswer[]
}

/** Of message m, `votes`: a withdrawal is none. Others' votes may name another poll with its id: the chat and, where it is said, the poll's author tell. */
export const votesOfMessage = `
  select coalesce(json_agg(${jsonOf(voteColumns, 'said')} order by said.occurred_at, said.canonical), '[]') as votes
  from (${lastOfEach('poll_votes', {
    when: 'm.poll is not null',
    and: `(x.target_sender_id = '' or m.sender_id is null or x.target_sender_id = any (own.senders))`,
  })}) said
  where said.options <> '[]' or said.unknown_hashes <> '[]'`

/** Of message m, `answers`. */
export const answersOfMessage = `
  select coalesce(json_agg(${jsonOf(answerColumns, 'said')} order by said.occurred_at, said.canonical), '[]') as answers
  from (${lastOfEach('event_answers', { when: `m.kind = 'event'`, and: 'true' })}) said`

/** Rows of each person about message m, which is only looked for `when` it may have some. */
function lastOfEach(table: 'poll_votes' | 'event_answers', { when, and }: { when: string; and: string }): string {
  return `
    select distinct on (named.canonical) named.*
    from (
      select x.*, ${canonicalAddress('x.instance_id', 'x.sender_id')} as canonical
      from (
        select addresses_of(m.instance_id, m.chat_id) as chats, addresses_of(m.instance_id, m.sender_id) as senders
        where ${when} offset 0) own
      join ${table} x on x.instance_id = m.instance_id and x.target_message_id = m.message_id and x.chat_id = any (own.chats)
      where ${and}) named
    order by named.canonical, named.occurred_at desc, named.epoch desc, named.sequence desc`
}

export function describeSaidTo({ poll, kind, interactive, votes, answers }: SaidToRow): SaidTo {
  const isEvent = kind === 'event' && answerIn(typeof interactive === 'string' ? interactive : null) === null
  const shown = poll === null ? null : votes.map(vote => answerOf(voteColumns, vote))
  return {
    votes: shown,
    results: shown === null ? null : count(optionsOf(poll), shown),
    answers: isEvent ? answers.map(answer => answerOf(answerColumns, answer)) : null,
  }
}

/** In the poll's order. */
function count(options: readonly string[], votes: readonly Vote[]): PollResult[] {
  const counts = new Map<string, number>()
  for (const vote of votes) for (const option of new Set(vote.options)) counts.set(option, (counts.get(option) ?? 0) + 1)
  return options.map(option => ({ option, votes: counts.get(option) ?? 0 }))
}

function optionsOf(poll: unknown): readonly string[] {
  const options = typeof poll === 'object' && poll !== null && 'options' in poll ? poll.options : []
  return Array.isArray(options) ? options.filter(option => typeof option === 'string') : []
}
