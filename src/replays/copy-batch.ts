// One batch of a stretch is copied, a portion at a time: where the log is in Postgres, in the transaction that moves the row; elsewhere it is
// appended, then the row moves. Either way the row moves only from where it was believed to be. What is purged while a batch waits for its turn is left out of it, too.
import type { Database, Transaction } from '../database/database.ts'
import type { Codec } from '../events/codec.ts'
import type { TopicName } from '../events/topics.ts'
import {
  type Append,
  type AppendedRow,
  type AppendInside,
  type EventLog,
  isAboutRecord,
  type LogRecord,
  type NewRecord,
} from '../log/log.ts'
import { purgedAmong } from '../purge/tombstones.ts'
import { appendEach, appendWholly } from './append-wholly.ts'
import { instanceOf, judgeRecord } from './chosen.ts'
import { type Judged, type Portion, portionsOf, weightOf } from './portions.ts'
import type { Replay } from './replay-rows.ts'
import type { ReplayPace } from './shared-pace.ts'
import { addedLeftOut, leftOutIn, moveStretch, type Stretch } from './stretches.ts'
import { judgeTopic, makeTopic, OtherTopic, registerSchemas, type TopicDeps, targetOf } from './target-topics.ts'
import { pairOf, readWrittenBefore, replayHeaders, type WrittenBefore } from './written-before.ts'

export type CopyDeps = Omit<TopicDeps, 'log'> & {
  database: Database
  log: Pick<EventLog, 'append' | 'inside' | 'ensureTopics' | 'lag' | 'positionsAt' | 'read'>
  codec: Pick<Codec, 'decode' | 'encode'>
  topic(name: TopicName): string
  /** What was begun to be appended is waited for so long after a replay is to stop [20 s]. */
  appendPatienceMs?: number
}
/** A replay in the hands of this process. */
export type Job = {
  replay: Replay
  owner: string
  /** Of records that are handled. */
  pace: ReplayPace
  /** Whether it is surely still in our hands: asked before what cannot be taken back. */
  holds(): boolean
  /** Topics that are there, or are being made: each is made once, however many want it. false: the replay is not ours any more. */
  made: Map<string, Promise<boolean>>
  /** Schemas that are known to be registered under the subject of a topic. */
  registered: Set<string>
  /** Notes the topic in the row. false: it is not ours any more. */
  note(topic: string): Promise<boolean>
  counted(of: { written: number; leftOut: number }): void
}
export type Batch = { records: readonly LogRecord[]; nextOffset: bigint }
type Copying = { job: Job; stretch: Stretch; before: WrittenBefore }
const APPEND_PATIENCE_MS = 20_000

/** The stretch as it is now; null: it is not ours to move any more. Rejects with the errors of the ports. */
export async function copyBatch(
  deps: CopyDeps,
  { job, stretch, before }: Copying,
  batch: Batch,
  signal: AbortSignal,
): Promise<Stretch | null> {
  const records = await judge(deps, job.replay, batch.records, signal)
  let at = stretch
  for (const portion of portionsOf({ records, nextOffset: batch.nextOffset }, job.pace.portion)) {
    const moved = await copyPortion(deps, { job, stretch: at, before }, portion, signal)
    if (moved === null) return null
    at = moved
  }
  return at
}

/** For a purged instance no topic is made, and no time is spent. */
async function judge(
  { codec, database }: CopyDeps,
  replay: Replay,
  records: readonly LogRecord[],
  signal: AbortSignal,
): Promise<readonly Judged[]> {
  const judged: Judged[] = []
  for (const record of records) judged.push({ record, verdict: await judgeRecord(codec, replay, record, signal) })
  const purged = await purgedAmong(database, chosenOf(judged).map(instanceOf))
  if (purged.size === 0) return judged
  return judged.map(one => (one.verdict === 'chosen' && purged.has(instanceOf(one.record)) ? { ...one, verdict: 'purged' } : one))
}

const chosenOf = (judged: readonly Judged[]): readonly LogRecord[] =>
  judged.flatMap(({ record, verdict }) => (verdict === 'chosen' ? [record] : []))

async function copyPortion(
  deps: CopyDeps,
  { job, stretch, before }: Copying,
  { records, nextOffset }: Portion,
  signal: AbortSignal,
): Promise<Stretch | null> {
  await job.pace.take(weightOf(records), signal)
  const chosen = chosenOf(records)
  const appends = await appendsOf(deps, job, chosen, signal)
  if (appends === null) return null
  const written = recordsIn(appends)
  const counted = (verdict: Judged['verdict']) => records.filter(one => one.verdict === verdict).length
  const leftOut = { purged: counted('purged'), unreadable: counted('unreadable') + chosen.length - written }
  const to: Stretch = {
    ...stretch,
    nextOffset,
    recordsRead: stretch.recordsRead + records.length,
    recordsWritten: stretch.recordsWritten + written,
    leftOut: addedLeftOut(stretch.leftOut, leftOut),
  }
  const moved = await write(deps, { job, stretch, before, to, appends }, signal)
  if (moved !== null)
    job.counted({
      written: moved.recordsWritten - stretch.recordsWritten,
      leftOut: leftOutIn(moved.leftOut) - leftOutIn(stretch.leftOut),
    })
  return moved
}

/** One for each topic, all of one partition. What its type can name no topic for is left out. null: the replay is not ours any more. */
async function appendsOf(
  deps: CopyDeps,
  job: Job,
  records: readonly LogRecord[],
  signal: AbortSignal,
): Promise<readonly Append[] | null> {
  const byTarget = Map.groupBy(records, record => targetOf(deps, job.replay, record))
  const appends: Append[] = []
  for (const [topic, those] of byTarget) {
    const [first] = those
    if (topic === null || first === undefined) continue
    if (!(await makeOnce(deps, job, topic, signal))) return null
    if (job.replay.perType) await registerSchemas(deps.registry, { topic, records: those, known: job.registered }, signal)
    appends.push({ topic, partition: first.partition, records: those.map(one => copyOf(one, job.replay.replayId)) })
  }
  return appends
}

/** Who came second would find it written to by who came first. What was not made is tried again. */
function makeOnce(deps: CopyDeps, job: Job, topic: string, signal: AbortSignal): Promise<boolean> {
  const known = job.made.get(topic)
  if (known !== undefined) return known
  const making = make(deps, job, topic, signal)
  job.made.set(topic, making)
  const forget = () => job.made.delete(topic)
  making.then(isMade => isMade || forget(), forget)
  return making
}

async function make(deps: CopyDeps, job: Job, topic: string, signal: AbortSignal): Promise<boolean> {
  const differs = job.replay.madeTopics.includes(topic) ? null : await judgeTopic(deps, topic, signal)
  if (differs !== null) throw new OtherTopic(differs)
  if (!(await job.note(topic))) return false
  await makeTopic(deps, topic, signal)
  return true
}

/** Bytes, key and time are the record's own. */
const copyOf = ({ key, value, headers, recordedAt, topic, offset }: LogRecord, replayId: string): NewRecord => ({
  key,
  value,
  headers: {
    ...headers,
    [replayHeaders.job]: replayId,
    [replayHeaders.topic]: topic,
    [replayHeaders.offset]: String(offset),
  },
  recordedAt,
})

export type Writing = Copying & { to: Stretch; appends: readonly Append[] }

/** What is to be written, and the row with it. null: it is not ours to move any more, and nothing was counted. */
export const write = (deps: CopyDeps, of: Writing, signal: AbortSignal): Promise<Stretch | null> =>
  deps.log.inside === null ? writeElsewhere(deps, of, signal) : writeInside(deps, deps.log.inside, of, signal)

async function writeInside(
  { database }: CopyDeps,
  inside: AppendInside,
  { job, stretch: from, ...writing }: Writing,
  signal: AbortSignal,
): Promise<Stretch | null> {
  const { replay, owner } = job
  const done = await database.transact(async tx => {
    const owed = await withoutPurged(tx, writing)
    const { taken, prepared, refused } = await prepare(inside, owed.appends, signal)
    const to = withoutRefused(owed.to, refused)
    if (!(await moveStretch(tx, { replayId: replay.replayId, owner, from, to }))) return null
    if (taken.length === 0) return { to, rows: [], prepared }
    const sql = `with records as (select * from ${inside.given}) ${inside.appending('records')}`
    return { to, rows: await tx.query<AppendedRow>(sql, prepared), prepared }
  }, signal)
  if (done === null) return null
  inside.committed(done.rows, done.prepared)
  return done.to
}

type Owed = Pick<Writing, 'to' | 'appends'>

/** Whoever writes asks where it writes: a batch may have waited long since it was chosen, and a purge waits for transactions alone. */
async function withoutPurged(tx: Transaction, { to, appends }: Owed): Promise<Owed> {
  const purged = await purgedAmong(
    tx,
    appends.flatMap(({ records }) => records.map(instanceOf)),
  )
  if (purged.size === 0) return { to, appends }
  const kept = appends
    .map(append => ({ ...append, records: append.records.filter(record => !purged.has(instanceOf(record))) }))
    .filter(({ records }) => records.length > 0)
  const gone = recordsIn(appends) - recordsIn(kept)
  const leftOut = addedLeftOut(to.leftOut, { purged: gone })
  return { to: { ...to, recordsWritten: to.recordsWritten - gone, leftOut }, appends: kept }
}

type Prepared = { taken: readonly Append[]; prepared: readonly unknown[]; refused: number }

/** Without what the log never takes. */
async function prepare(inside: AppendInside, appends: readonly Append[], signal: AbortSignal): Promise<Prepared> {
  try {
    return { taken: appends, prepared: await inside.prepare(appends, signal), refused: 0 }
  } catch (error) {
    if (!isAboutRecord(error)) throw error
  }
  const taken: Append[] = []
  for (const append of appends)
    for (const record of append.records) {
      const one = { ...append, records: [record] }
      if (await isTaken(inside, one, signal)) taken.push(one)
    }
  const refused = recordsIn(appends) - taken.length
  return { taken, prepared: await inside.prepare(taken, signal), refused }
}

async function isTaken(inside: AppendInside, append: Append, signal: AbortSignal): Promise<boolean> {
  try {
    await inside.prepare([append], signal)
    return true
  } catch (error) {
    if (isAboutRecord(error)) return false
    throw error
  }
}

const recordsIn = (appends: readonly Append[]): number => appends.reduce((sum, { records }) => sum + records.length, 0)

const withoutRefused = (to: Stretch, refused: number): Stretch => ({
  ...to,
  recordsWritten: to.recordsWritten - refused,
  leftOut: addedLeftOut(to.leftOut, { refused }),
})

/** A death between the two leaves records that the row does not know of: `before` has them, and they are not written again. */
async function writeElsewhere(
  deps: CopyDeps,
  { job, stretch: from, before, ...writing }: Writing,
  signal: AbortSignal,
): Promise<Stretch | null> {
  const writtenUntil: Record<string, string> = { ...from.writtenUntil }
  let [to, refused] = [writing.to, 0]
  for (const { records, ...append } of writing.appends) {
    const fresh = { ...append, records: records.filter(record => !isThere(before, append.topic, record)) }
    const spared = await withoutPurged(deps.database, { to, appends: [fresh] })
    to = spared.to
    if (!job.holds()) return null
    const one = spared.appends[0] ?? { ...append, records: [] }
    const done = await appendTaken(deps, { job, stretch: from, append: one }, signal)
    if (done.nextOffset !== null) writtenUntil[append.topic] = String(done.nextOffset)
    refused += done.refused
  }
  const moved = withoutRefused({ ...to, writtenUntil }, refused)
  const moving = { replayId: job.replay.replayId, owner: job.owner, from, to: moved }
  return (await moveStretch(deps.database, moving)) ? moved : null
}

/** What is refused as a whole is appended one by one, without what of it was written all the same. */
async function appendTaken(
  { log, appendPatienceMs: patienceMs = APPEND_PATIENCE_MS }: CopyDeps,
  { job, stretch, append }: { job: Job; stretch: Stretch; append: Append },
  signal: AbortSignal,
): Promise<{ nextOffset: bigint | null; refused: number }> {
  try {
    return { nextOffset: await appendWholly({ log, patienceMs }, append, signal), refused: 0 }
  } catch (error) {
    if (!isAboutRecord(error)) throw error
  }
  const { replayId } = job.replay
  const written = await readWrittenBefore(log, { replayId, madeTopics: [append.topic] }, [stretch], signal)
  return appendEach({ log, patienceMs }, append, record => isThere(written, append.topic, record), signal)
}

function isThere(before: WrittenBefore, written: string, { headers }: NewRecord): boolean {
  const { [replayHeaders.topic]: read = '', [replayHeaders.offset]: offset } = headers
  const pair = pairOf(written, read)
  return offset === undefined ? before.ended.has(pair) : BigInt(offset) <= (before.last.get(pair) ?? -1n)
}
