// The role `projections`: runs each version of each projection that it is given, and has the newest one read where versions are side by side.
import type { Role } from '../runtime/role.ts'
import { createFellows } from './fellows.ts'
import { keepLive } from './keep-live.ts'
import type { Projection } from './projection.ts'
import { openProjection, type ProjectionDeps } from './runner.ts'

export type ProjectionsDeps = ProjectionDeps & { projections: readonly Projection[] }

/** Their checkpoints are made before: `makeCheckpoints`. */
export function openProjections({ projections, ...deps }: ProjectionsDeps): Role {
  const stopping = new AbortController()
  const fellows = createFellows(deps)
  const running = projections.map(projection => openProjection({ ...deps, fellows }, projection))
  const goingLive = newestOf(projections).map(projection => keepLive(deps, projection, stopping.signal))
  return {
    name: 'projections',
    checks: () => [...running, ...goingLive].flatMap(one => one.checks()),
    close: async () => {
      stopping.abort()
      await Promise.all([...running.map(one => one.close()), ...goingLive.map(one => one.done)])
    },
  }
}

/** Of those that can be filled beside the version that is live. */
const newestOf = (projections: readonly Projection[]): readonly Projection[] =>
  projections.filter(
    ({ name, version, begins }) =>
      begins === 'at-the-first-record' && !projections.some(other => other.name === name && other.version > version),
  )
