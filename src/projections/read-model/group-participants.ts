// Who is in which group, per address: each is in it or not, and a member or an admin, by what was said of that with the greatest (epoch,
// sequence). Whoever a newer list of the whole group does not name is not in it. How many are in a group is counted once something changed.
import { asRows, type Read, type Write } from '../../database/statement-parts.ts'
import { storableId } from '../../events/storable-ids.ts'
import { movingPairs } from './addresses.ts'
import type { GroupEvent } from './groups.ts'
import { insertInto, type Row } from './insert-rows.ts'
import { canonicalAddress } from './shown-addresses.ts'
import { keyOf, latestOf, newer, newerSaid, type Placed } from './stamp.ts'

type GroupKey = { instance_id: string; group_id: string }
export type GroupParticipants = {
  /** The groups where one of these pairs makes two people one. */
  readJoined(pairs: readonly Row[]): Read<GroupKey>
  write(events: readonly GroupEvent[]): Write
  /** Of the groups of those events that say who is in one, and of those that were read. Once the rows are written. */
  count(events: readonly GroupEvent[], joined: readonly GroupKey[]): Write
}

export function groupParticipantsIn(schema: string): GroupParticipants {
  const insert = insertInto(schema, 'group_participants', columns, onConflict)
  const [joinedSql, countSql] = [joinedIn(schema), countIn(schema)]
  return {
    readJoined: pairs => ({ sql: joinedSql, values: [asRows(pairs)], isEmpty: pairs.length === 0 }),
    write: events => {
      const saidOf = Map.groupBy(events.flatMap(saidIn), one => keyOf(one.instanceId, one.groupId, one.participantId))
      return insert([...saidOf.values()].map(toRow))
    },
    count: (events, joined) => {
      const told = events.filter(one => one.participants != null)
      const groups = [...told.map(one => ({ instance_id: one.instanceId, group_id: one.groupId })), ...joined]
      const unique = new Map(groups.map(one => [keyOf(one.instance_id, one.group_id), one]))
      return { sql: countSql, values: [asRows([...unique.values()])], isEmpty: unique.size === 0 }
    },
  }
}

/** `role` null: not said. */
type Said = Placed & {
  instanceId: string
  eventId: string
  groupId: string
  participantId: string
  isIn: boolean
  role: string | null
}

function saidIn(event: GroupEvent): readonly Said[] {
  const { instanceId, eventId, groupId, epoch, sequence } = event
  const said = (id: string, what: Pick<Said, 'isIn' | 'role'>): Said => ({
    ...{ instanceId, eventId, groupId, epoch, sequence },
    ...{ participantId: storableId(id), ...what },
  })
  const ofThose = (event.participants ?? []).flatMap(({ id, role = null }) => {
    const what = event.type === 'group.updated' ? { isIn: true, role: role ?? 'member' } : saidBy(event.action, role)
    return what === null ? [] : [said(id, what)]
  })
  const before = addressBefore(event)
  return before === null ? ofThose : [...ofThose, said(before, { isIn: false, role: null })]
}

/** Of whoever has another number or LID now: whom WhatsApp names as its author is who they were, and not in the group any more. */
function addressBefore(event: GroupEvent): string | null {
  if (event.type === 'group.updated' || event.action !== 'modify') return null
  const [person, another] = event.participants
  const { authorId = null } = event
  if (person === undefined || another !== undefined || authorId === null) return null
  return [person.id, person.pn].includes(authorId) ? null : authorId
}

/** null: an action that is not known, which says nothing of who is in the group. */
function saidBy(action: string, role: string | null): Pick<Said, 'isIn' | 'role'> | null {
  switch (action) {
    case 'add':
      return { isIn: true, role: role ?? 'member' }
    case 'promote':
      return { isIn: true, role: role === 'superadmin' ? role : 'admin' }
    case 'demote':
      return { isIn: true, role: 'member' }
    case 'modify': // another number or address of somebody who stays what they are
      return { isIn: true, role }
    case 'remove':
    case 'leave':
      return { isIn: false, role: null }
    default:
      return null
  }
}

const columns = [
  ...['instance_id', 'group_id', 'participant_id', 'role', 'role_epoch', 'role_sequence'],
  ...['is_in', 'epoch', 'sequence', 'changed_by_event'],
]

const onConflict = `on conflict (instance_id, group_id, participant_id) do update set ${[
  ...newerSaid('role'),
  ...newer('', ['is_in', 'changed_by_event', 'epoch', 'sequence']),
].join(', ')}`

function toRow(ofOne: readonly Said[]): Row {
  const last = latestOf(ofOne)
  const role = latestOf(ofOne.filter(one => one.role !== null))
  return {
    instance_id: last?.instanceId,
    group_id: last?.groupId,
    participant_id: last?.participantId,
    role: role?.role ?? null,
    role_epoch: role?.epoch ?? -1,
    role_sequence: role?.sequence ?? -1,
    is_in: last?.isIn,
    epoch: last?.epoch,
    sequence: last?.sequence,
    changed_by_event: last?.eventId,
  }
}

/** Of pairs ($1) that are new, or move a number. Only who was told by a number can turn out to be somebody else, and for those there is an index. */
const joinedIn = (schema: string) => `
  select distinct found.instance_id, found.group_id from (${movingPairs(schema, '$1')}) n
  cross join lateral (
    select p.instance_id, p.group_id from ${schema}.group_participants p
    where p.instance_id = n.instance_id and p.participant_id = n.pn and p.participant_id like '%@s.whatsapp.net' offset 0) found`

/** $1: instance_id and group_id. Of two addresses of one person the last word counts; each group is looked up by itself. */
const countIn = (schema: string) => `
  with counted as materialized (
    select g.instance_id, g.group_id, people.count
    from json_to_recordset($1::json) as t(instance_id text, group_id text)
    cross join lateral (
      select * from ${schema}.groups g where g.instance_id = t.instance_id and g.group_id = t.group_id offset 0) g
    cross join lateral (
      select count(*) filter (where last.is_in and (last.epoch, last.sequence) >= (g.list_epoch, g.list_sequence))::integer as count
      from (
        select distinct on (person.id) p.is_in, p.epoch, p.sequence from ${schema}.group_participants p
        cross join lateral (select case when p.participant_id like '%@lid' then p.participant_id
          else ${canonicalAddress('p.instance_id', 'p.participant_id', `${schema}.address_pairs`)} end as id offset 0) person
        where p.instance_id = g.instance_id and p.group_id = g.group_id
        order by person.id, p.epoch desc, p.sequence desc, p.is_in desc) last) people)
  update ${schema}.groups g set participant_count = c.count from counted c
  where g.instance_id = c.instance_id and g.group_id = c.group_id and g.participant_count <> c.count`
