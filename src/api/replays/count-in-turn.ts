// Dry runs: each may read many thousands of records, so one counts at a time in the process. Who comes meanwhile has to come again.
import { type Asked, type BeginDeps, rangesAsked } from '../../replays/begin-replay.ts'
import { countRange, type Most } from '../../replays/count-range.ts'
import type { Range } from '../../replays/stretches.ts'
import { AT_ONCE, createFairTurns } from '../../runtime/fair-turns.ts'
import { Problem } from '../problems.ts'
import { refuseEdge } from './refuse-edge.ts'
import { truncatedIn } from './replay-shapes.ts'

type Deps = BeginDeps & Parameters<typeof countRange>[0]

/** What an answer has time and room for. */
const MOST: Most = { records: 200_000, bytes: 64 * 1024 ** 2, ms: 5_000 }

/** Throws Problem `busy`, or where the range is wrong; `stopping` where nobody waits for it. */
export function createCountInTurn(deps: Deps) {
  const turns = createFairTurns({ total: 1, perKey: 1 })
  return async (asked: Asked, signal: AbortSignal) => {
    const turn = await turns.take({ key: 'dry run', patience: AT_ONCE }, signal)
    if (turn === 'full') throw new Problem('busy', 'another dry run is being counted: this one has to come again')
    if (turn === 'aborted') throw new Problem('stopping', 'counting what a replay would copy: nobody waits for it any more')
    try {
      return await count(deps, asked, signal)
    } finally {
      turn.release()
    }
  }
}

async function count(deps: Deps, asked: Asked, signal: AbortSignal) {
  const ranges = await rangesOf(deps, asked, signal)
  const counted = await countRange(deps, { choice: asked.request, ranges, most: MOST }, signal)
  return {
    ...counted,
    byType: { ...counted.byType },
    byPartition: [...counted.byPartition],
    truncatedBefore: truncatedIn(ranges),
  }
}

/** Of what is followed, until now. */
async function rangesOf(deps: Deps, { request, ...edges }: Asked, signal: AbortSignal): Promise<readonly Range[]> {
  const resolved = await rangesAsked(deps, { ...edges, request: { ...request, follow: false } }, signal)
  if (!resolved.ok) throw refuseEdge(resolved.wrong, request[resolved.wrong.edge] ?? undefined)
  return resolved.ranges
}
