// What each group is, and which event last told everybody in it: of each field the value with the greatest (epoch, sequence).
import type { Write } from '../../database/statement-parts.ts'
import type { EventOf } from '../../events/event.ts'
import { factsOf, statesIn } from './facts.ts'
import { groupFacts } from './group-columns.ts'
import { latestOf, newer } from './stamp.ts'

type GroupUpdated = EventOf<'group.updated'>
/** Who joins or leaves changes a group, too, and nothing that is said of it. */
export type GroupEvent = GroupUpdated | EventOf<'group.participants-changed'>

export const groupsIn = (schema: string): ((events: readonly GroupEvent[]) => Write) =>
  statesIn(schema, {
    table: 'groups',
    id: { column: 'group_id', of: event => event.groupId },
    facts: event => (event.type === 'group.updated' ? factsOf(groupFacts, event) : {}),
    more: {
      columns: ['subject', ...listStamp, 'participant_count'],
      of: (events, facts) => ({ subject: facts.subject?.v ?? null, ...listOf(events), participant_count: 0 }),
      set: [subjectOf(schema), ...newer('list_', listStamp)],
    },
  })

/** Before all that history told of. */
const NEVER = Number.MIN_SAFE_INTEGER

const listStamp = ['list_epoch', 'list_sequence']

/** For whoever names chats. */
const subjectOf = (schema: string) => `subject = ${schema}.newer_facts(old.facts, excluded.facts) -> 'subject' ->> 'v'`

function listOf(events: readonly GroupEvent[]) {
  const list = latestOf(events.filter(event => event.type === 'group.updated' && event.participants != null))
  return { list_epoch: list?.epoch ?? NEVER, list_sequence: list?.sequence ?? -1 }
}
