// One row per call: who calls is what its first step says, its status the furthest of all steps, in whichever order they come.
import type { Write } from '../../database/statement-parts.ts'
import type { EventOf } from '../../events/event.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { insertInto, type Row } from './insert-rows.ts'
import { isLater, keyOf } from './stamp.ts'

type Call = EventOf<'call.updated'>

/** A status that is not here is kept until a known one comes. What was rejected or missed stays so once it is over. */
const ranks: Readonly<Record<string, number>> = { offer: 1, ringing: 2, accepted: 3, ended: 4, rejected: 5, missed: 5 }
const rankOf = (step: Call): number => ranks[step.status] ?? 0
const FIRST_END = 4

export function callsIn(schema: string): (steps: readonly Call[]) => Write {
  const insert = insertInto(schema, 'calls', columns, onConflict)
  return steps => insert([...Map.groupBy(steps, step => keyOf(step.instanceId, step.callId)).values()].map(toRow))
}

/** `first`: the least by when it was; `furthest`: the greatest by rank, and of equal ones by when it was. */
function toRow(steps: readonly Call[]): Row {
  const first = steps.reduce((best, step) => (isLater(best, step) ? step : best))
  const furthest = steps.reduce((best, step) => (isFurther(step, best) ? step : best))
  const ends = steps.filter(step => rankOf(step) >= FIRST_END)
  return {
    ...rowOfFirst(first),
    status: furthest.status,
    rank: rankOf(furthest),
    status_at: isoInstant(furthest.occurredAt),
    status_epoch: furthest.epoch,
    status_sequence: furthest.sequence,
    changed_by_event: furthest.eventId,
    group_id: greatest(steps.map(step => step.groupId)),
    is_group: steps.some(step => step.isGroup),
    video: greatest(steps.map(step => step.video)),
    updated_at: isoInstant(Math.max(...steps.map(step => step.occurredAt))),
    ended_at: ends.length === 0 ? null : isoInstant(Math.min(...ends.map(step => step.occurredAt))),
    duration_seconds: greatest(steps.map(step => step.durationSeconds)),
  }
}

const rowOfFirst = (step: Call): Row => ({
  instance_id: step.instanceId,
  call_id: step.callId,
  chat_id: step.chatId ?? null,
  sender_id: step.senderId ?? null,
  from_me: step.fromMe ?? false,
  started_at: isoInstant(step.occurredAt),
  epoch: step.epoch,
  sequence: step.sequence,
})

const isFurther = (one: Call, other: Call): boolean =>
  rankOf(one) === rankOf(other) ? isLater(one, other) : rankOf(one) > rankOf(other)

/** What only one step says, as a rule. null: none says it. */
const greatest = <Value extends string | number | boolean>(values: readonly (Value | null | undefined)[]): Value | null =>
  values.reduce<Value | null>((best, value) => (value != null && (best === null || value > best) ? value : best), null)

const ofFirst = ['chat_id', 'sender_id', 'from_me', 'started_at', 'epoch', 'sequence']
const ofFurthest = ['status', 'rank', 'status_at', 'status_epoch', 'status_sequence', 'changed_by_event']
const ofAny = ['group_id', 'is_group', 'video', 'updated_at', 'ended_at', 'duration_seconds']
const columns = ['instance_id', 'call_id', ...ofFirst, ...ofFurthest, ...ofAny]

const isEarlier = '(excluded.started_at, excluded.epoch, excluded.sequence) < (old.started_at, old.epoch, old.sequence)'
const isFurtherThanOld = `(excluded.rank, excluded.status_at, excluded.status_epoch, excluded.status_sequence)
  > (old.rank, old.status_at, old.status_epoch, old.status_sequence)`
const taking = (names: readonly string[], condition: string) =>
  names.map(name => `${name} = case when ${condition} then excluded.${name} else old.${name} end`)

const onConflict = `on conflict (instance_id, call_id) do update set ${[
  ...taking(ofFirst, isEarlier),
  ...taking(ofFurthest, isFurtherThanOld),
  ...['group_id', 'updated_at', 'duration_seconds'].map(name => `${name} = greatest(old.${name}, excluded.${name})`),
  'ended_at = least(old.ended_at, excluded.ended_at)',
  'is_group = old.is_group or excluded.is_group',
  'video = coalesce(old.video or excluded.video, old.video, excluded.video)',
].join(', ')}`
