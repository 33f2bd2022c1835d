// The rows of listeners: who listens, and when each was last heard of. Postgres' clock alone says who is alive.
import type { Transaction } from '../../database/database.ts'

export const SILENT_SECONDS = 60
/** Without a look for so long it was away: what it failed to take meanwhile is due at once. */
const AWAY_SECONDS = 10

/** Locks the table, so that two at once are counted; false: so many are alive already. */
export async function insertListener(tx: Transaction, of: { id: string; name: string; most: number }): Promise<boolean> {
  await tx.query('lock table webhook_listeners in share row exclusive mode')
  const alive = await tx.query(`select from webhook_listeners l where ${isAlive('l')}`)
  if (alive.length >= of.most) return false
  await tx.query('insert into webhook_listeners (endpoint_id, name) values ($1, $2)', [of.id, of.name])
  return true
}

/** A condition on a row of webhook_listeners, whose name in the statement is `row`. */
const isAlive = (row: string): string => `${row}.seen_at > now() - interval '${SILENT_SECONDS} seconds'`
/** A condition: the endpoint with this id (SQL) is a listener's, alive or not. */
export const isListener = (id: string): string => `exists (select from webhook_listeners l where l.endpoint_id = ${id})`
/** For `from`, those that are alive, as `l`. */
export const aliveListeners = `(select * from webhook_listeners l where ${isAlive('l')}) l`

export async function hasListener(database: Transaction, id: string): Promise<boolean> {
  const rows = await database.query('select from webhook_listeners where endpoint_id = $1', [id])
  return rows.length > 0
}

export type Ended = { endpoint_id: string; name: string; dropped: number }
/** This one, or whoever is silent; `dropped` is a number (SQL) of an endpoint's id (SQL). Whoever asks for those alive takes the silent ones for gone already. */
export const deleteListeners = (
  tx: Transaction,
  which: { id: string } | 'silent',
  dropped: (endpointId: string) => string,
): Promise<readonly Ended[]> =>
  tx.query<Ended>(
    `delete from webhook_listeners where ${which === 'silent' ? `not (${isAlive('webhook_listeners')})` : 'endpoint_id = $1'}
     returning endpoint_id, name, ${dropped('webhook_listeners.endpoint_id')} as dropped`,
    which === 'silent' ? [] : [which.id],
  )

/** A sign of life. null: there is no such listener. */
export async function noteSeen(database: Transaction, id: string): Promise<{ wasAway: boolean } | null> {
  const [seen] = await database.query<{ was_away: boolean }>(
    `with was as (select endpoint_id, seen_at from webhook_listeners l where l.endpoint_id = $1 and ${isAlive('l')} for update)
     update webhook_listeners l set seen_at = now() from was where l.endpoint_id = was.endpoint_id
     returning was.seen_at < now() - interval '${AWAY_SECONDS} seconds' as was_away`,
    [id],
  )
  return seen === undefined ? null : { wasAway: seen.was_away }
}

/** A statement that takes the next place of the mailbox of this listener (SQL), as `last_place`, where it is alive. */
export const nextPlaceOf = (id: string): string => `
  update webhook_listeners l set last_place = last_place + 1 where l.endpoint_id = ${id} and ${isAlive('l')} returning last_place`
