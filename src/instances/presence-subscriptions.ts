// The table presence_subscriptions: whose presence an account has asked for. WhatsApp forgets it with each connection, so that the owner of the
// instance asks anew. This file alone reads and writes it.
import type { Transaction } from '../database/database.ts'
import { rowsOf } from '../purge/erasure.ts'

export type Subscription = { chatId: string; subscribedAt: Date }
type Of = { instanceId: string; chatId: string }

/** Of one account: WhatsApp takes each of them anew at every login. */
export const maxSubscriptions = 200

/** One that is there, by whichever address of the person, stays as it is. `full`: there are as many others as may be. */
export async function addSubscription(
  database: Transaction,
  { instanceId, chatId, nowAt }: Of & { nowAt: number },
): Promise<'added' | 'full'> {
  const [row] = await database.query<{ is_there: boolean }>(addSql, [instanceId, chatId, nowAt, maxSubscriptions])
  return row?.is_there === true ? 'added' : 'full'
}

const ofPerson = '(select addresses_of($1, $2))::text[]'

/** Two at one moment may both be the last one that there is room for: the bound is for WhatsApp's sake, one more does no harm. */
const addSql = `with known as (
  select count(*) as others, coalesce(bool_or(chat_id = any(${ofPerson})), false) as is_known from presence_subscriptions where instance_id = $1
), added as (
  insert into presence_subscriptions (instance_id, chat_id, subscribed_at)
  select $1, $2, to_timestamp($3::float8 / 1000) from known where not is_known and others < $4
  on conflict do nothing
)
select is_known or others < $4 as is_there from known`

/** One that is not there is removed already; by whichever address it was asked for, so that none stays once the account knows the other. */
export async function removeSubscription(database: Transaction, { instanceId, chatId }: Of): Promise<void> {
  await database.query(`delete from presence_subscriptions where instance_id = $1 and chat_id = any(${ofPerson})`, [
    instanceId,
    chatId,
  ])
}

/** The oldest first. */
export const listSubscriptions = (database: Transaction, instanceId: string): Promise<readonly Subscription[]> =>
  database.query<Subscription>(
    `select chat_id as "chatId", subscribed_at as "subscribedAt" from presence_subscriptions where instance_id = $1
     order by subscribed_at, chat_id`,
    [instanceId],
  )

export const subscriptionsErasure = rowsOf('presence_subscriptions')
