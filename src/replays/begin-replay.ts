// A replay begins: its range is found out, its rows written, its topic made, and only then it runs. What stands against it is answered before a
// topic is made.
import { randomBytes, randomUUID } from 'node:crypto'
import type { Database } from '../database/database.ts'
import type { TopicName } from '../events/topics.ts'
import type { EventLog } from '../log/log.ts'
import { type Held, letGo, noteFirstTopic, startReplay } from './held-replays.ts'
import { type Edge, resolveRange, type WrongEdge } from './range.ts'
import { forgetReplay } from './remove-replays.ts'
import { insertReplay, type Replay, type ReplayRequest, wakeReplays } from './replay-rows.ts'
import { insertStretches, type Range } from './stretches.ts'
import { judgeTopic, makeTopic, OtherTopic, type TopicDeps } from './target-topics.ts'

export type BeginDeps = Pick<TopicDeps, 'replayTopic' | 'declareKept'> & {
  database: Database
  log: Pick<EventLog, 'ensureTopics' | 'positionsAt'>
  topic(name: TopicName): string
  clock: () => number
}
/** What was asked for, and its edges as they are meant. */
export type Asked = { request: ReplayRequest; from: Edge; until: Edge | null }
export type Begun =
  | { kind: 'begun'; replay: Replay }
  | { kind: 'wrong-edge'; wrong: WrongEdge }
  | { kind: 'name-taken' }
  | { kind: 'topic-differs'; message: string }

/** So long nobody deletes one that its process is beginning: longer than a topic takes. */
const BEGIN_MS = 60_000

/** What it would copy. Rejects LogError. */
export function rangesAsked(
  deps: BeginDeps,
  { request, from, until }: Asked,
  signal: AbortSignal,
): Promise<{ ok: true; ranges: readonly Range[] } | { ok: false; wrong: WrongEdge }> {
  return resolveRange(deps, { topics: request.topics, from, until, follow: request.follow }, deps.clock(), signal)
}

/** Rejects LogError, DatabaseError. */
export async function beginReplay(deps: BeginDeps, asked: Asked, signal: AbortSignal): Promise<Begun> {
  const { database } = deps
  const { request } = asked
  const resolved = await rangesAsked(deps, asked, signal)
  if (!resolved.ok) return { kind: 'wrong-edge', wrong: resolved.wrong }
  const held: Held = { replayId: `rp_${randomBytes(12).toString('hex')}`, owner: randomUUID() }
  const isNew = await database.transact(async tx => {
    if (!(await insertReplay(tx, { ...request, ...held, leaseMs: BEGIN_MS }))) return false
    await insertStretches(tx, held.replayId, resolved.ranges)
    return true
  }, signal)
  if (!isNew) return { kind: 'name-taken' }
  try {
    return await beginHeld(deps, held, request, signal)
  } catch (error) {
    await letGo(database, held) // what was made of it is deleted
    throw error
  }
}

/** Its row names the topic before there is one: whatever happens in between, what was made is deleted, and nothing else is. */
async function beginHeld(deps: BeginDeps, held: Held, request: ReplayRequest, signal: AbortSignal): Promise<Begun> {
  const { database, replayTopic } = deps
  const made = request.perType ? 'made' : await makeTarget(deps, held, replayTopic(request.name), signal)
  if (made === 'lost') return { kind: 'name-taken' }
  if (made !== 'made') {
    await forgetReplay(database, held)
    return { kind: 'topic-differs', message: made.differs }
  }
  const replay = await startReplay(database, held)
  if (replay === null) return { kind: 'name-taken' }
  await wakeReplays(database)
  return { kind: 'begun', replay }
}

/** `lost`: somebody else deletes it by now. */
async function makeTarget(
  deps: BeginDeps,
  held: Held,
  topic: string,
  signal: AbortSignal,
): Promise<'made' | 'lost' | { differs: string }> {
  const differs = await judgeTopic(deps, topic, signal)
  if (differs !== null) return { differs }
  if (!(await noteFirstTopic(deps.database, held, { topic, leaseMs: BEGIN_MS }))) return 'lost'
  try {
    await makeTopic(deps, topic, signal)
    return 'made'
  } catch (error) {
    if (error instanceof OtherTopic) return { differs: error.message }
    throw error
  }
}
