// The table told_states: which value of each field of each thing was appended last, as a digest. This file alone reads and writes it; what is
// written takes effect only while its epoch owns the instance.
import type { Database, Transaction } from '../../database/database.ts'
import { storableId } from '../../events/storable-ids.ts'
import { firstContactsErasure } from '../../instances/first-contacts.ts'
import { heldOwner } from '../../instances/instance-owners.ts'
import { turnsErasure } from '../../instances/outgoing-turns.ts'
import { subscriptionsErasure } from '../../instances/presence-subscriptions.ts'
import { sessionsErasure } from '../../instances/processing-sessions.ts'
import { readsErasure } from '../../instances/socket-reads.ts'
import { eraseRows } from '../../purge/erase-batch.ts'
import { rowsOf } from '../../purge/erasure.ts'
import { type Digests, digestOf, type State } from './differing.ts'
import { keyOf, type ToldRow } from './unwritten.ts'

type Named = Pick<State, 'entity' | 'id'>

/** By keyOf; what was never told has none. */
export async function readTold(
  database: Transaction,
  instanceId: string,
  states: readonly Named[],
): Promise<ReadonlyMap<string, { digests: Digests; version: number }>> {
  const rows = await database.query<{ place: number; digests: Digests; version: string }>(readSql, [
    instanceId,
    states.map(({ entity }) => entity),
    states.map(({ id }) => storableId(id)),
  ])
  return new Map(
    rows.flatMap(({ place, digests, version }) => {
      const state = states[place]
      return state === undefined ? [] : [[keyOf(state), { digests, version: Number(version) }] as const]
    }),
  )
}

const readSql = `select (asked.place - 1)::int as place, t.digests, t.version
from unnest($2::text[], $3::text[]) with ordinality as asked (entity, id, place)
join told_states t on t.instance_id = $1 and t.entity = asked.entity and t.id = asked.id`

/** Of an entity, in no order. */
export async function readToldIds(database: Transaction, instanceId: string, entity: string): Promise<readonly string[]> {
  const rows = await database.query<{ id: string }>('select id from told_states where instance_id = $1 and entity = $2', [
    instanceId,
    entity,
  ])
  return rows.map(({ id }) => id)
}

/** All or nothing; fields that a row has beside these stay. `fenced`: another epoch owns the instance. */
export async function writeTold(
  database: Transaction,
  { instanceId, epoch }: { instanceId: string; epoch: number },
  rows: readonly ToldRow[],
): Promise<'written' | 'fenced'> {
  const [row] = await database.query<{ owners: number }>(writeSql, [
    instanceId,
    epoch,
    rows.map(({ entity }) => entity),
    rows.map(({ id }) => storableId(id)),
    rows.map(({ digests }) => JSON.stringify(digests)),
  ])
  return row?.owners === 1 ? 'written' : 'fenced'
}

const writeSql = `with owner as (${heldOwner('$1', '$2')}),
written as (
  insert into told_states (instance_id, entity, id, digests, version)
  select $1, new.entity, new.id, new.digests::jsonb, 1 from unnest($3::text[], $4::text[], $5::text[]) as new (entity, id, digests)
  where exists (select from owner)
  on conflict (instance_id, entity, id) do update set
    digests = told_states.digests || excluded.digests, version = told_states.version + 1
)
select count(*)::int as owners from owner`

/** What is bound to a linking, such as which lists were asked for. */
export const ofLinking = 'linking'

/** By the epoch that owns the instance alone: a newer one may be of the next linking. */
export async function forgetLinking(
  database: Transaction,
  { instanceId, epoch }: { instanceId: string; epoch: number },
): Promise<void> {
  await database.query(
    `with owner as (${heldOwner('$1', '$2')})
    delete from told_states where instance_id = $1 and entity = $3 and exists (select from owner)`,
    [instanceId, epoch, ofLinking],
  )
}

const ofAccount = { entity: 'account', id: 'own' }

/** What other tables have of whoever is linked: what was read, whom it follows, whom it wrote to first, when it rests, and which messages it works on. */
const ofWhoeverIsLinked = [readsErasure, subscriptionsErasure, firstContactsErasure, turnsErasure, sessionsErasure]

/**
 * What was told of another account that was linked to the instance before is none of this one's: its first lists are told whole. Nor is what
 * that one read, asked for and wrote.
 */
export async function forgetOtherAccount(
  database: Database,
  { account, ...of }: { instanceId: string; epoch: number; account: string },
): Promise<void> {
  const known = (await readTold(database, of.instanceId, [ofAccount])).get(keyOf(ofAccount))?.digests.is
  const is = digestOf(account)
  if (known === is) return
  if (known !== undefined) {
    // First: what was told says that there was another one.
    for (const erasure of ofWhoeverIsLinked) await eraseRows(database, erasure, of.instanceId)
    await forgetTold(database, of.instanceId)
  }
  await writeTold(database, of, [{ ...ofAccount, digests: { is } }])
}

/** In one statement; an account of years has told of many contacts and chats. */
const maxForgotten = 10_000

/** All of an instance, by its owner, in bites. */
export async function forgetTold(database: Transaction, instanceId: string): Promise<void> {
  for (;;) {
    const [row] = await database.query<{ gone: number }>(forgetSql, [instanceId, maxForgotten])
    if ((row?.gone ?? 0) < maxForgotten) return
  }
}

const forgetSql = `with gone as (
  delete from told_states where ctid = any(array(
    select t.ctid from told_states t where t.instance_id = $1 limit $2))
  returning 1
)
select count(*)::int as gone from gone`

export const toldErasure = rowsOf('told_states')
