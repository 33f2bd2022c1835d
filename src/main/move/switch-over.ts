// The moment in which the log is elsewhere: the database belongs to the log in Kafka, what it still owes to the log names schemas as Kafka's
// registry does, and nobody appends to the old one any more. One transaction.
import { owedRenumbering } from '../../instances/outbox.ts'
import { fence, takeAway } from '../../log/postgres/move-out.ts'
import type { SchemaIds } from '../../log/schema-ids.ts'
import { outboxRenumbering as projectionRenumbering } from '../../projections/outbox.ts'
import { outboxRenumbering as webhookRenumbering } from '../../webhooks/deliveries/outbox-rows.ts'
import { waitingRenumbering } from '../../webhooks/deliveries/waiting.ts'
import { giveLog, type LogIdentity } from '../log-identity.ts'
import type { Moving } from './move.ts'
import type { Plan } from './plan.ts'

/** Every table that keeps records as they are, or are to be, in the log. */
const renumberings = [owedRenumbering, projectionRenumbering, webhookRenumbering, waitingRenumbering]

/** false: the log in Postgres does not end where the copy does, and nothing was changed. */
export function switchOver(
  { database }: Pick<Moving, 'database'>,
  { plan, identity, ids }: { plan: Pick<Plan, 'topics'>; identity: LogIdentity; ids: SchemaIds },
  signal: AbortSignal,
): Promise<boolean> {
  const ends = plan.topics.flatMap(({ partitions }) =>
    partitions.map(({ endOffset, ...at }) => ({ ...at, nextOffset: endOffset })),
  )
  return database.transact(async tx => {
    if (!(await takeAway(tx, ends))) return false
    await fence(tx) // before what is owed is renumbered: nothing is owed behind it as the old registry names it
    const others = [...ids].filter(([id, now]) => id !== now)
    if (others.length > 0)
      for (const statement of renumberings) await tx.query(statement, [others.map(([id]) => id), others.map(([, now]) => now)])
    await giveLog(tx, identity)
    return true
  }, signal)
}
