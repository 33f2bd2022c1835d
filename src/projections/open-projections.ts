// The role `projections`: runs each version of each projection that it is given, and has the newest one read where versions are side by side.
import { describeError } from '../runtime/logger.ts'
import type { Role } from '../runtime/role.ts'
import { wait } from '../runtime/wait.ts'
import { goLive } from './go-live.ts'
import type { Projection } from './projection.ts'
import { openProjection, type ProjectionDeps } from './runner.ts'

export type ProjectionsDeps = ProjectionDeps & { projections: readonly Projection[] }

/** Their checkpoints are made before: `makeCheckpoints`. */
export function openProjections({ projections, ...deps }: ProjectionsDeps): Role {
  const stopping = new AbortController()
  const running = projections.map(projection => openProjection(deps, projection))
  const goingLive = newestOf(projections).map(projection => untilLive(deps, projection, stopping.signal))
  return {
    name: 'projections',
    checks: () => running.flatMap(one => one.checks()),
    close: async () => {
      stopping.abort()
      await Promise.all([...running.map(one => one.close()), ...goingLive])
    },
  }
}

const TRY_AGAIN_MS = 5_000

/** Of those that can be filled beside the version that is live. */
const newestOf = (projections: readonly Projection[]): readonly Projection[] =>
  projections.filter(
    ({ name, version, begins }) =>
      begins === 'at-the-first-record' && !projections.some(other => other.name === name && other.version > version),
  )

async function untilLive({ database, logger }: ProjectionDeps, projection: Projection, signal: AbortSignal): Promise<void> {
  const of = { projection: projection.name, version: projection.version }
  do {
    const outcome = await goLive(database, projection, signal).catch(error => ({ reason: describeError(error) }))
    if (outcome === 'changed') logger.info('projection.live', of)
    if (outcome === 'changed' || outcome === 'live') return
    if (outcome !== 'behind' && !signal.aborted) logger.warn('projection.not-live', { ...of, ...outcome })
  } while (await wait(TRY_AGAIN_MS, signal))
}
