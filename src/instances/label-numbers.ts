// The table label_numbers: the numbers of labels that zaplog was asked to make, so that two which are asked for at one moment are two, and one that
// is asked for again is the same, as long as its command is remembered. This file alone reads and writes it.
import type { Transaction } from '../database/database.ts'
import { rowsOf } from '../purge/erasure.ts'

/** `told`: SQL, rows with the label_id of each that was ever told of the instance `$1`. */
type Of = { instanceId: string; told: string }

/** As phones number them: nine digits at most. */
const largest = 999_999_999
/** Of those who ask at one moment one has its number with each. */
const MOST_ROUNDS = 1_000

/** A number that no label has, as phones choose it: the next one, or the first that is free where there is none. Of a command it is always the same. */
export async function chooseLabelNumber(
  database: Transaction,
  { instanceId, commandId, told }: Of & { commandId: string },
): Promise<string> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    // Somebody else may have it by now: then another one is.
    const [row] = await database.query<{ label_id: string }>(chooseSql(told), [instanceId, commandId])
    if (row !== undefined) return row.label_id
  }
  throw new Error(
    `choosing a number for a label of instance ${instanceId}: expected one that is free, got none in ${MOST_ROUNDS} rounds`,
  )
}

const chooseSql = (told: string) => `with mine as (
  select label_id from label_numbers where instance_id = $1 and command_id = $2
), taken as (
  select t.label_id::bigint as number from (select label_id from label_numbers where instance_id = $1 union all ${told}) t
  where t.label_id ~ '^[0-9]{1,9}$' and t.label_id::bigint > 0
), next as (
  select case when (select max(number) from taken) = ${largest}
    then (select min(free.number) from (select 1::bigint as number union all select number + 1 from taken) free
      where not exists (select from taken where taken.number = free.number))
    else coalesce((select max(number) from taken), 0) + 1 end as number
), made as (
  insert into label_numbers (instance_id, label_id, command_id) select $1, next.number::text, $2 from next where not exists (select from mine)
  on conflict do nothing returning label_id
)
select label_id from mine union all select label_id from made`

/** Named by a client: nobody is given it from now on. One that was told is nobody's to be given anyway. */
export async function noteLabelNumber(
  database: Transaction,
  { instanceId, labelId, told }: Of & { labelId: string },
): Promise<void> {
  await database.query(
    `insert into label_numbers (instance_id, label_id) select $1, $2 where not exists (select from (${told}) t where t.label_id = $2::text)
     on conflict do nothing`,
    [instanceId, labelId],
  )
}

/** For the SQL of others: their numbers stay taken, by nobody. `given`: rows (instance_id, command_id). */
export const forgetTakers = (given: string): string =>
  `update label_numbers l set command_id = null from ${given} given where l.instance_id = given.instance_id and l.command_id = given.command_id`

export const labelNumbersErasure = rowsOf('label_numbers')
