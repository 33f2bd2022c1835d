// A world to which events are added one by one, each at once.
import type { Event } from '../../../src/events/event.ts'
import type { ProjectionDsl } from '../projection-dsl.ts'

/** Answers what adds further ones. */
export async function projected(dsl: ProjectionDsl, ...events: readonly Event[]) {
  const world = await dsl.projected(...events)
  return async (...more: readonly Event[]) => {
    await world.append(more)
    await world.projectAll()
  }
}
