// The topics of replays, among those of the log.
import type { Database } from '../database/database.ts'
import { LogError } from '../log/log.ts'
import { findReplays, type Replay } from '../replays/replay-rows.ts'
import { readStretches } from '../replays/stretches.ts'
import { type BoundsDeps, readWholeBounds, showBounds } from './stream/log-bounds.ts'

type Deps = Omit<BoundsDeps, 'topic'> & { database: Database; cut: AbortSignal }

/** Of the newest replays: each topic is asked for. */
const MOST = 100

/** Those that are there: one that a replay is about to make, or to delete, is left out. Rejects LogError, DatabaseError. */
export async function describeReplayTopics(deps: Deps) {
  const replays = (await findReplays(deps.database, { limit: MOST })).slice(0, MOST)
  const described: Awaited<ReturnType<typeof describeReplayTopic>>[] = []
  // One replay after another: each may have a topic of every type, and others ask the same connections.
  for (const replay of replays)
    described.push(...(await Promise.all(replay.madeTopics.map(topic => describeReplayTopic(deps, replay, topic)))))
  return described.filter(one => one !== null)
}

async function describeReplayTopic(deps: Deps, replay: Replay, topic: string) {
  const { replayId, name, expiresAt } = replay
  try {
    const bounds = showBounds(await readWholeBounds(deps, topic, deps.cut))
    return {
      ...{ topic, key: 'that of what was copied', holds: `what the replay ${name} copied`, public: true, retentionMs: null },
      ...{ replayId, expiresAt: expiresAt?.toISOString() ?? null },
      ...bounds,
      records: Math.max(0, bounds.records - (await countEnds(deps.database, replay))),
    }
  } catch (error) {
    if (error instanceof LogError && error.code === 'topic-missing') return null
    throw error
  }
}

/** Records that tell that nothing more comes, and that nobody copied: replay.ended. */
async function countEnds(database: Database, { replayId, marker, perType }: Replay): Promise<number> {
  if (!marker || perType) return 0
  return (await readStretches(database, [replayId])).get(replayId)?.filter(({ ended }) => ended).length ?? 0
}
