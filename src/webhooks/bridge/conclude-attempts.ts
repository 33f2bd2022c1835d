// What follows from attempts whose results are kept: the delivery's row, how the endpoint stands, what its lane skipped, and what the log is
// owed. One transaction per batch, and once per attempt: repeated, also after a commit whose answer was lost, it changes nothing.
import type { Transaction } from '../../database/database.ts'
import { purgedAmong } from '../../purge/tombstones.ts'
import { type AttemptRecord, type MadeAttempt, reasonOf, wasMade } from '../deliveries/attempt-record.ts'
import { conclude } from '../deliveries/attempts.ts'
import { noteDeath } from '../deliveries/deaths.ts'
import { writeOutcomes } from '../deliveries/deliveries.ts'
import { putInOutbox } from '../deliveries/outbox-rows.ts'
import { forgetSkipped } from '../deliveries/skipped.ts'
import { disableEndpoint, noteStanding, type StandingChange } from '../endpoints/standing.ts'

/** `another's`: somebody else made of it what follows. What is of a purged instance is nobody else's: nothing is on record of it. */
export type Conclusion = 'concluded' | "another's"
/** In order; and which endpoints stand otherwise than before. */
export type Concluded = { conclusions: readonly Conclusion[]; changes: readonly StandingChange[] }

export async function concludeAttempts(tx: Transaction, all: readonly AttemptRecord[]): Promise<Concluded> {
  const purged = await purgedAmong(
    tx,
    all.map(one => one.delivery.instanceId),
  )
  const isPurged = (one: AttemptRecord) => purged.has(one.delivery.instanceId)
  const batch = await unconcluded(
    tx,
    all.filter(one => !isPurged(one)),
  )
  const died = new Set(await writeOutcomes(tx, batch))
  // What the receiver of a purged account's delivery answered says how the endpoint stands all the same; of the delivery no row comes back.
  const telling = [...batch, ...all.filter(one => isPurged(one) && isAnswered(one))].filter(wasMade)
  const changes = [...(await noteStanding(tx, telling))]
  await noteSkipped(
    tx,
    batch.filter(one => one.outcome.kind === 'delivered' || died.has(one.delivery.deliveryId)),
  )
  for (const one of telling) changes.push(...(await disableAsAsked(tx, one)))
  await putInOutbox(
    tx,
    batch.filter(wasMade).flatMap(one => one.owed),
  )
  const ours = new Set(batch)
  return { conclusions: all.map(one => (ours.has(one) || isPurged(one) ? 'concluded' : "another's")), changes }
}

/** Those of which nothing was made yet. */
async function unconcluded(tx: Transaction, batch: readonly AttemptRecord[]): Promise<readonly AttemptRecord[]> {
  const attempts = batch.flatMap(({ delivery, exchange }) =>
    exchange === null ? [] : [{ deliveryId: delivery.deliveryId, attempt: exchange.attempt }],
  )
  const ours = new Set((await conclude(tx, attempts)).map(one => `${one.deliveryId} ${one.attempt}`))
  return batch.filter(({ delivery, exchange }) => exchange === null || ours.has(`${delivery.deliveryId} ${exchange.attempt}`))
}

/** By its receiver; where there is no answer, a purge may be why. */
const isAnswered = ({ exchange }: AttemptRecord): boolean => exchange !== null && exchange.statusCode !== null

/** Deaths are counted for their lane, whose next delivery says so, and kept for whoever looks at the endpoint. */
async function noteSkipped(tx: Transaction, batch: readonly AttemptRecord[]) {
  await forgetSkipped(
    tx,
    batch.filter(one => one.outcome.kind === 'delivered').map(one => one.delivery.lane),
  )
  for (const { delivery, exchange, outcome } of batch.filter(one => one.outcome.kind === 'dead'))
    await noteDeath(
      tx,
      delivery,
      [reasonOf(outcome), exchange?.error ?? statusOf(exchange)].filter(text => text !== null).join('; '),
    )
}

async function disableAsAsked(tx: Transaction, { delivery, outcome }: MadeAttempt): Promise<readonly StandingChange[]> {
  const reason = outcome.kind === 'disabled' ? outcome.reason : outcome.kind === 'delivered' ? outcome.disable : null
  return reason === null ? [] : disableEndpoint(tx, delivery.endpointId, reason)
}

const statusOf = (exchange: AttemptRecord['exchange']) => (exchange?.statusCode == null ? null : `status ${exchange.statusCode}`)
