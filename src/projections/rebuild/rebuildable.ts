// What can be rebuilt, and what each is filled into: the same code on tables of its own, without anything that others would see of it.
import type { Projection } from '../projection.ts'
import { listIndexes } from '../read-model/indexes.ts'
import { createReadModel, readModel } from '../read-model/read-model.ts'
import type { Pair } from './twin-tables.ts'

export const rebuildable: readonly Pair[] = [
  {
    live: readModel,
    beside: withoutEffects(createReadModel({ version: readModel.version, name: `${readModel.name}-rebuild` })),
    madeLast: listIndexes,
  },
]

export const pairOf = (projection: string): Pair | undefined => rebuildable.find(({ live }) => live.name === projection)

/** It emits nothing, says no record dead, counts for no account, and nothing is due. Pure. */
export function withoutEffects({ isAccounted: _, tick: __, due: ___, ...projection }: Projection): Projection {
  return {
    ...projection,
    isSilent: true,
    gather: placed => {
      const { reads, decide } = projection.gather(placed)
      return { reads, decide: async (found, fresh) => ({ ...(await decide(found, fresh)), emissions: [] }) }
    },
  }
}
