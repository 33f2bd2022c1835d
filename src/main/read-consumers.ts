// Whoever consumes the log in this version, by the name of its consumer group, and how far each is in every partition.
import type { Database } from '../database/database.ts'
import { keepEntry } from '../dead-letters/keep-letters.ts'
import { givesWay, type TopicName } from '../events/topics.ts'
import type { Position } from '../log/log.ts'
import { readProgress } from '../log/progress.ts'
import { processors } from '../processors/all.ts'
import { all as allProjections } from '../projections/all.ts'
import { readCheckpoints } from '../projections/checkpoints.ts'
import { type Projection, titleOf } from '../projections/projection.ts'
import { intakeEntry } from '../webhooks/bridge/delivery-intake.ts'
import type { Ports } from './ports.ts'

type Deps = { database: Pick<Database, 'query'> } & Pick<Ports, 'topic' | 'consumerGroup'>

export async function readConsumers(deps: Deps): Promise<readonly { consumerGroup: string; positions: readonly Position[] }[]> {
  const groups = [...processors, intakeEntry, keepEntry].map(async ({ name }) => {
    const consumerGroup = deps.consumerGroup(name)
    return { consumerGroup, positions: await readProgress(deps.database, consumerGroup) }
  })
  const projections = allProjections.map(async one => ({
    consumerGroup: deps.consumerGroup(titleOf(one)),
    positions: await positionsOf(deps, one),
  }))
  return Promise.all([...groups, ...projections])
}

/** How far the last of all projections is in each partition of what is live. */
export async function readLivePositions(deps: Deps): Promise<readonly Position[]> {
  const live = allProjections.map(one => ({ ...one, reads: one.reads.filter(name => !givesWay(name)) }))
  return leastOfEach((await Promise.all(live.map(one => positionsOf(deps, one)))).flat())
}

/** One for each partition: of several records there the first one waits for longest, and each that is looked at is fetched. */
export function leastOfEach(positions: readonly Position[]): readonly Position[] {
  const least = new Map<string, Position>()
  for (const position of positions) {
    const place = `${position.topic}/${position.partition}`
    const known = least.get(place)
    if (known === undefined || position.nextOffset < known.nextOffset) least.set(place, position)
  }
  return [...least.values()]
}

/** Every topic that a projection reads, once. */
export const projectedTopics: readonly TopicName[] = [...new Set(allProjections.flatMap(({ reads }) => reads))]

async function positionsOf({ database, topic }: Deps, projection: Projection): Promise<readonly Position[]> {
  const checkpoints = await readCheckpoints(database, projection)
  return checkpoints.flatMap(({ partition, offsets }) =>
    projection.reads.flatMap(name => {
      const nextOffset = offsets.get(name)
      return nextOffset === undefined ? [] : [{ topic: topic(name), partition, nextOffset }]
    }),
  )
}
