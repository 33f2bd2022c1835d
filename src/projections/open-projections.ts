// The role `projections`: runs each version of each projection that it is given.
import type { Role } from '../runtime/role.ts'
import type { Projection } from './projection.ts'
import { openProjection, type ProjectionDeps } from './runner.ts'

export type ProjectionsDeps = ProjectionDeps & { projections: readonly Projection[] }

/** Their checkpoints are made before: `makeCheckpoints`. */
export function openProjections({ projections, ...deps }: ProjectionsDeps): Role {
  const running = projections.map(projection => openProjection(deps, projection))
  return {
    name: 'projections',
    checks: () => running.flatMap(one => one.checks()),
    close: async () => {
      await Promise.all(running.map(one => one.close()))
    },
  }
}
