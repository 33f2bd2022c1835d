// Groups as the API answers them, and everybody who is in one. Of two addresses of one person the last word counts.
import type { Transaction } from '../../database/database.ts'
import { type AnswerOf, answerOf, jsonOf, selectOf } from './columns.ts'
import { groupColumns, type Participant, participantColumns } from './group-columns.ts'
import {
  createBindings,
  type OrderColumns,
  type Page,
  type PageRequest,
  pageOrder,
  pageTerms,
  rowsToRead,
  toPage,
} from './page.ts'
import { canonicalAddress } from './shown-addresses.ts'

export type GroupAnswer = AnswerOf<typeof groupColumns>

/** What a chat is called that is a group; both are SQL. */
export const groupSubject = (instance: string, chat: string): string =>
  `(select g.subject from groups g where g.instance_id = ${instance} and g.group_id = ${chat})`

export type GroupWithPeople = GroupAnswer & { participants: Participant[] }
type GroupPage = PageRequest & { instanceId: string }

/** The last changed first. */
export const listGroups = (database: Transaction, request: GroupPage): Promise<Page<GroupAnswer>> =>
  groupPage(database, request, { people: 'cross join (select null::json as participants) people', item: groupOf })

/** The same, with everybody in each, in one read. */
export const listGroupsWithPeople = (database: Transaction, request: GroupPage): Promise<Page<GroupWithPeople>> =>
  groupPage(database, request, { people: peopleOf, item: withPeople })

/** `people`: SQL, the source of the column participants. */
async function groupPage<Item>(
  database: Transaction,
  request: GroupPage,
  { people, item }: { people: string; item(row: GroupRow): Item },
): Promise<Page<Item>> {
  const bindings = createBindings()
  const { bind, values } = bindings
  const instance = bind(request.instanceId)
  const terms = [`g.instance_id = ${instance}`, ...pageTerms(request, groupOrder, bindings)]
  const order = pageOrder(request, groupOrder)
  const rows = await database.query<GroupRow>(
    `with page as materialized (select * from groups g where ${terms.join(' and ')} order by ${order} limit ${bind(rowsToRead(request))})
     select ${selectOf(groupColumns, 'g')}, people.participants, g.epoch, g.sequence from page g ${whetherLeft(instance)} ${people} order by ${order}`,
    values,
  )
  return toPage(rows, request, {
    place: row => ({ at: row.updatedAt, arrival: [row.epoch, row.sequence], id: row.groupId }),
    item,
  })
}

type People = { participants: readonly Readonly<Record<string, unknown>>[] | null }
type GroupRow = People & { groupId: string; updatedAt: Date; epoch: string; sequence: string }

const groupOf = (row: People): GroupAnswer => answerOf(groupColumns, row)
const withPeople = (row: People): GroupWithPeople => ({
  ...groupOf(row),
  participants: (row.participants ?? []).map(one => answerOf(participantColumns, one)),
})

const groupOrder: OrderColumns = { at: 'g.updated_at', arrival: ['g.epoch', 'g.sequence'], id: 'g.group_id' }

const isIn = (row: string) => `(${row}.is_in and (${row}.epoch, ${row}.sequence) >= (g.list_epoch, g.list_sequence))`

/** Of group g what was last said of the account itself, by whichever of its addresses. The account's are looked up once for all groups. */
const whetherLeft = (instance: string) => `
  cross join (select array(
      select i.lid from instances i where i.instance_id = ${instance} and i.lid is not null
      union select unnest(addresses_of(${instance}, i.phone || '@s.whatsapp.net')) from instances i
        where i.instance_id = ${instance} and i.phone is not null) as addresses) us
  left join lateral (
    select not ${isIn('p')} as is_out
    from unnest(us.addresses) as a(address)
    cross join lateral (
      select * from group_participants p
      where p.instance_id = g.instance_id and p.group_id = g.group_id and p.participant_id = a.address offset 0) p
    order by p.epoch desc, p.sequence desc, p.is_in desc limit 1) own on true`

/** null: nothing was ever said of it. */
export async function getGroup(
  database: Transaction,
  of: { instanceId: string; groupId: string },
): Promise<GroupWithPeople | null> {
  const [row] = await database.query<People>(
    `select ${selectOf(groupColumns, 'g')}, people.participants
     from (select * from groups where instance_id = $1 and group_id = $2) g ${whetherLeft('$1')}
     ${peopleOf}`,
    [of.instanceId, of.groupId],
  )
  return row === undefined ? null : withPeople(row)
}

/** One row for each person of whom something was said in group g. */
const peopleIn = `
  select p.instance_id, person.id,
    coalesce((array_agg(p.role order by p.role_epoch desc, p.role_sequence desc) filter (where p.role is not null))[1], 'member') as role,
    (array_agg(p.is_in order by p.epoch desc, p.sequence desc, p.is_in desc))[1] as is_in,
    (array_agg(p.epoch order by p.epoch desc, p.sequence desc))[1] as epoch,
    (array_agg(p.sequence order by p.epoch desc, p.sequence desc))[1] as sequence
  from group_participants p
  cross join lateral (select ${canonicalAddress('p.instance_id', 'p.participant_id')} as id offset 0) person
  where p.instance_id = g.instance_id and p.group_id = g.group_id
  group by p.instance_id, person.id`

const peopleOf = `
  cross join lateral (
    select coalesce(json_agg(${jsonOf(participantColumns, 'p')} order by p.id), '[]') as participants
    from (${peopleIn}) p where ${isIn('p')}) people`
