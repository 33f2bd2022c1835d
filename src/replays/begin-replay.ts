// A replay begins: its range is found out, its topic made, its rows written. What stands against it is answered before anything is made.
import { randomBytes } from 'node:crypto'
import type { Database } from '../database/database.ts'
import type { TopicName } from '../events/topics.ts'
import type { EventLog } from '../log/log.ts'
import { type Edge, resolveRange, type WrongEdge } from './range.ts'
import { findReplay, insertReplay, isNameTaken, type Replay, type ReplayRequest, wakeReplays } from './replay-rows.ts'
import { insertStretches, type Range } from './stretches.ts'
import { makeTopic, OtherTopic, type TopicDeps } from './target-topics.ts'

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
  const { database, replayTopic } = deps
  const { request } = asked
  const resolved = await rangesAsked(deps, asked, signal)
  if (!resolved.ok) return { kind: 'wrong-edge', wrong: resolved.wrong }
  if (await isNameTaken(database, request.name)) return { kind: 'name-taken' }
  const madeTopics = request.perType ? [] : [replayTopic(request.name)]
  const other = await makeAll(deps, madeTopics, signal)
  if (other !== null) return { kind: 'topic-differs', message: other }
  const replayId = `rp_${randomBytes(12).toString('hex')}`
  const isNew = await database.transact(async tx => {
    if (!(await insertReplay(tx, { ...request, replayId, madeTopics }))) return false
    await insertStretches(tx, replayId, resolved.ranges)
    return true
  }, signal)
  const replay = isNew ? await findReplay(database, replayId) : null
  if (replay === null) return { kind: 'name-taken' }
  await wakeReplays(database)
  return { kind: 'begun', replay }
}

/** null: they are there as they have to be. */
async function makeAll(deps: BeginDeps, topics: readonly string[], signal: AbortSignal): Promise<string | null> {
  try {
    for (const topic of topics) await makeTopic(deps, topic, signal)
    return null
  } catch (error) {
    if (error instanceof OtherTopic) return error.message
    throw error
  }
}
