// What came of attempts that their receivers took, and all that follows from it, in one statement: the row of each attempt, its delivery's, how
// the endpoint stands, what its lane skipped, and its event, in the log where that is in the same database, and owed to it where it is not, or
// where older ones are owed. All of it or nothing: where any of it fails, each result is kept by itself first, as that of every other attempt.
import type { Database } from '../../database/database.ts'
import type { Codec } from '../../events/codec.ts'
import type { EventOf } from '../../events/event.ts'
import type { TopicName } from '../../events/topics.ts'
import type { AppendedRow, AppendInside, EventLog, NewRecord } from '../../log/log.ts'
import { isPurged } from '../../purge/tombstones.ts'
import { type MadeAttempt, stateAfter } from '../deliveries/attempt-record.ts'
import { keepConcluded } from '../deliveries/attempts.ts'
import { outcomesOf } from '../deliveries/deliveries.ts'
import { outcomeColumns, outcomeOf } from '../deliveries/delivery-columns.ts'
import { owesTo, oweWhole } from '../deliveries/outbox-rows.ts'
import { forgetSkippedIn } from '../deliveries/skipped.ts'
import type { Success } from '../endpoints/endpoint-rows.ts'
import { recoveredAmong, type StandingChange, tookSomething } from '../endpoints/standing.ts'

export type AtOnceDeps = {
  database: Database
  log: Pick<EventLog, 'inside'>
  codec: Pick<Codec, 'encode'>
  topic(name: TopicName): string
}
/** `another's`: somebody else made the same attempt, and kept its result first. `purged`: nothing of its instance is written any more. */
export type AtOnce = 'concluded' | "another's" | 'purged'
/** In order; which endpoints stand otherwise than before; and whether the log is owed anything. */
export type ConcludedAtOnce = { answers: readonly AtOnce[]; changes: readonly StandingChange[]; owes: boolean }

/** Nothing but what is made of every attempt follows. */
export const followsPlainly = ({ outcome }: MadeAttempt): boolean => outcome.kind === 'delivered' && outcome.disable === null

type Row = { answers: AtOnce[]; appended: AppendedRow[] | null; took: Success[] | null; owed: number }

/** Rejects where nothing is done, or where nobody knows. */
export async function concludeAtOnce(
  deps: AtOnceDeps,
  batch: readonly MadeAttempt[],
  signal: AbortSignal,
): Promise<ConcludedAtOnce> {
  const { inside } = deps.log
  const topic = deps.topic('webhook-attempts')
  const records = batch.map(one => deps.codec.encode(attemptedOf(one), one.delivery.endpointId))
  const values = inside === null ? columnsOf(topic, records) : await inside.prepare([{ topic, records }], signal)
  const given = JSON.stringify(batch.map(rowOf))
  const [row] = await deps.database.query<Row>(inside === null ? owing : appending(inside), [...values, given])
  if (row === undefined) throw new Error(`concluding ${batch.length} attempts at once: expected one row, got none`)
  inside?.committed(row.appended ?? [], values)
  return { answers: row.answers, changes: recoveredAmong(row.took ?? []), owes: row.owed > 0 }
}

const rowOf = (record: MadeAttempt, index: number) => ({
  ...outcomeOf(record),
  place: index + 1,
  token: record.exchange.token,
  outcome: stateAfter(record.outcome),
  duration_ms: Math.round(record.exchange.durationMs),
  response: record.exchange.response,
  recovered: record.outcome.kind === 'delivered' && record.outcome.recovered,
})

/** The same that is made of the attempt's row where it is owed. */
const attemptedOf = ({ envelope, delivery, exchange, outcome }: MadeAttempt): EventOf<'delivery.attempted'> => ({
  ...envelope,
  type: 'delivery.attempted',
  recordedAt: envelope.occurredAt,
  deliveryId: delivery.deliveryId,
  attempt: exchange.attempt,
  outcome: stateAfter(outcome),
  statusCode: exchange.statusCode,
  error: exchange.error,
  durationMs: Math.round(exchange.durationMs),
  retryInMs: null,
  response: exchange.response,
})

/** The parts that both forms have; `given` is the parameter with the rows, as SQL. */
const written = (given: string): string => `
  given as materialized (
    select n.*, ${isPurged('n.instance_id')} as purged
      from jsonb_to_recordset(${given}::jsonb) as n (${outcomeColumns},
             place integer, token text, outcome text, duration_ms bigint, response text, recovered boolean)),
  kept as (${keepConcluded('given')}),
  ours as materialized (select given.* from given join kept using (token)),
  outcomes as (${outcomesOf('ours')}),
  took as (${tookSomething('(select endpoint_id, bool_or(recovered) as recovered from ours group by endpoint_id)')}),
  forgotten as (${forgetSkippedIn('select lane from ours')})`

const answered = (appended: string): string => `
  select (select jsonb_agg(case when purged then 'purged'
                                when token in (select token from ours) then 'concluded' else 'another''s' end order by place)
            from given) as answers,
         ${appended} as appended,
         (select jsonb_agg(took) from took) as took,
         (select count(*)::integer from owed) as owed`

/** In a log that is elsewhere. */
const owing = `
  with ${written('$6')},
  records as (
    select r.* from unnest($1::text[], $2::text[], $3::bytea[], $4::jsonb[], $5::timestamptz[])
                    with ordinality as r (topic, key, content, headers, recorded_at, place) join ours using (place)),
  owed as (${oweWhole('records')})
  ${answered('null')}`

const columnsOf = (topic: string, records: readonly NewRecord[]): readonly unknown[] => [
  records.map(() => topic),
  records.map(one => one.key),
  records.map(one => one.value),
  records.map(one => JSON.stringify(one.headers)),
  records.map(one => new Date(one.recordedAt).toISOString()),
]

/** Nothing but the commit comes after the log's partitions are locked: that is what is counted for. */
const appending = ({ given, appending }: AppendInside): string => `
  with ${written('$8')},
  followed as materialized (
    select (select count(*) from outcomes) + (select count(*) from took) + (select count(*) from forgotten) as rows),
  records as materialized (
    select r.*, ${owesTo('r.topic')} as waits from ${given} join ours using (place) where (select rows from followed) >= 0),
  behind as (select * from records where waits),
  owed as (${oweWhole('behind')}),
  free as (select * from records where not waits and (select count(*) from owed) >= 0),
  appended as (${appending('free')})
  ${answered(whatWasAppended)}`
const whatWasAppended = `
  (select jsonb_agg(jsonb_build_object('topic', topic, 'partition', partition, 'records', records, 'end_offset', end_offset::text))
     from appended)`
