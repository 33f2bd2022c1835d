// The role `projections`: the read model, and whatever other projections main hands in.
import type { Role } from '../runtime/role.ts'
import type { Projection } from './projection.ts'
import { readModel } from './read-model/read-model.ts'
import { openProjection, type ProjectionDeps } from './runner.ts'

export type ProjectionsDeps = ProjectionDeps & {
  /** Run beside the read model. */
  extra: readonly Projection[]
}

/** Their checkpoints are made before: `makeCheckpoints` for each of `projectionsOf`. */
export function openProjections(deps: ProjectionsDeps): Role {
  const running = projectionsOf(deps.extra).map(projection => openProjection(deps, projection))
  return {
    name: 'projections',
    checks: () => running.flatMap(one => one.checks()),
    close: async () => {
      await Promise.all(running.map(one => one.close()))
    },
  }
}

export const projectionsOf = (extra: readonly Projection[]): readonly Projection[] => [readModel, ...extra]
