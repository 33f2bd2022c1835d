// A batch is in the log before its place is saved: a crash in between repeats it under the same ids, and loses nothing. What the same entries
// taught, addresses and secrets, is saved with the place.
import type { Database } from '../../database/database.ts'
import type { EventOf } from '../../events/event.ts'
import type { TopicName } from '../../events/topics.ts'
import { type HistorySync, moveSync } from '../../instances/history-syncs.ts'
import { isThere, settingsOf } from '../../instances/instance-ids.ts'
import type { InstanceSettings } from '../../instances/instance-settings.ts'
import { addPairs } from '../../instances/learned-pairs.ts'
import { bringSecrets } from '../../instances/message-secrets.ts'
import { sealSecret } from '../../instances/sealed-secrets.ts'
import { type EventLog, isAboutRecord } from '../../log/log.ts'
import { purgedAmong } from '../../purge/tombstones.ts'
import type { Pace } from '../../runtime/pace.ts'
import type { Sealer } from '../../runtime/seal.ts'
import type { Batch } from './batches.ts'
import { type FitDeps, type Fitted, sayLeftOut } from './fit-event.ts'
import { progressed } from './progress.ts'

export type AppendDeps = Omit<FitDeps, 'objects'> & {
  objects: FitDeps['objects'] & { delete(keys: readonly string[], signal: AbortSignal): Promise<void> }
  log: Pick<EventLog, 'append'>
  database: Database
  sealer: Sealer
  topic(name: TopicName): string
  pace: Pace
  clock: () => number
}
type Task = { event: EventOf<'unknown'>; at: HistorySync; batch: Batch; saysProgress: boolean }
/** `moved`: somebody else went on from the place. `ended`: its instance is purged, or deleted. */
export type Appended = { at: HistorySync; settings: InstanceSettings } | 'moved' | 'ended'

/** Rejects LogError or DatabaseError, or with the signal's reason. */
export async function appendBatch(
  deps: AppendDeps,
  { event, at, batch, saysProgress }: Task,
  signal: AbortSignal,
): Promise<Appended> {
  const { instanceId } = event
  if ((await isPurged(deps, instanceId)) || !(await isThere(deps.database, instanceId)))
    return await clearRaw(deps, batch, signal)
  await deps.pace.take(batch.fitted.length, signal)
  const left = await append(deps, batch.fitted, signal)
  const counts = { ...batch.counts, unreadable: batch.counts.unreadable + left }
  const reached = { ...at, ...sumOf(at, counts), state: 'progressed' as const }
  if (saysProgress)
    await append(
      deps,
      [{ record: deps.codec.encode(progressed(event, reached, { state: 'progressed', at: deps.clock() })), rawKey: null }],
      signal,
    )
  const settings = await deps.database.transact(async tx => {
    if (!(await moveSync(tx, at, counts))) return null
    await addPairs(
      tx,
      batch.pairs.map(pair => ({ instanceId, ...pair })),
    )
    await bringSecrets(
      tx,
      batch.secrets.map(one => sealSecret(deps.sealer, instanceId, one)),
    )
    return await settingsOf(tx, instanceId)
  }, signal)
  if (settings !== null) return { at: reached, settings }
  if (await isPurged(deps, instanceId)) return await clearRaw(deps, batch, signal)
  return (await isThere(deps.database, instanceId)) ? 'moved' : 'ended'
}

const isPurged = async ({ database }: AppendDeps, instanceId: string): Promise<boolean> =>
  (await purgedAmong(database, [instanceId])).has(instanceId)

/** What the log does not tell of yet, or tells of behind what the purge reads of it. */
async function clearRaw({ objects }: AppendDeps, { fitted }: Batch, signal: AbortSignal): Promise<'ended'> {
  await objects.delete(
    fitted.flatMap(({ rawKey }) => rawKey ?? []),
    signal,
  )
  return 'ended'
}

const sumOf = (one: Batch['counts'], other: Batch['counts']): Batch['counts'] => ({
  entriesDone: one.entriesDone + other.entriesDone,
  messages: one.messages + other.messages,
  people: one.people + other.people,
  unreadable: one.unreadable + other.unreadable,
})

/** Answers how many the log refused for good, each of which is said; the others are in it. */
export async function append(deps: AppendDeps, fitted: readonly Fitted[], signal: AbortSignal): Promise<number> {
  if (fitted.length === 0) return 0
  const [topic, records] = [deps.topic('history'), fitted.map(({ record }) => record)]
  try {
    await deps.log.append({ topic, records }, signal)
    return 0
  } catch (error) {
    if (!isAboutRecord(error)) throw error
    if (fitted.length === 1) return await leaveOut(deps, { fitted, error }, signal)
  }
  let left = 0
  for (const one of fitted) left += await append(deps, [one], signal)
  return left
}

/** Its raw bytes go, too: no record names them. */
async function leaveOut(
  { logger, objects }: AppendDeps,
  { fitted, error }: { fitted: readonly Fitted[]; error: unknown },
  signal: AbortSignal,
): Promise<number> {
  for (const { record, rawKey } of fitted) {
    const { 'instance-id': instanceId = '', 'event-id': eventId = '', 'event-type': type = '' } = record.headers
    sayLeftOut(logger, { instanceId, eventId, type }, error)
    if (rawKey !== null) await objects.delete([rawKey], signal)
  }
  return fitted.length
}
