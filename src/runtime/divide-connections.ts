// How the working connections of a process are divided: each kind of work has its own, so that none waits behind another's. Pure.
import type { RoleName } from './config-values.ts'

/**
 * intake: what sockets read and write besides appending. appends: the log in Postgres. deliveries: webhooks on their way for the first
 * time. waiting: those that wait as rows.
 */
export const shares = ['intake', 'appends', 'processors', 'projections', 'deliveries', 'waiting', 'api'] as const
export type Share = (typeof shares)[number]
/** The work of this process; nothing else is in it. */
export type Division = ReadonlyMap<Share, number>
type Of = { roles: readonly RoleName[]; isLogInPostgres: boolean }

const sharesOf: Readonly<Record<RoleName, readonly Share[]>> = {
  producers: ['intake'],
  processors: ['processors'],
  projections: ['projections'],
  webhooks: ['deliveries', 'waiting'],
  api: ['api'],
}

/** least: below it that work could stand still. The API's outbox holds one for as long as the log is away. */
const rules: Readonly<Record<Share, { least: number; weight: number }>> = {
  intake: { least: 1, weight: 3 },
  appends: { least: 1, weight: 3 },
  processors: { least: 1, weight: 1 },
  projections: { least: 1, weight: 4 },
  deliveries: { least: 1, weight: 4 },
  waiting: { least: 1, weight: 2 },
  api: { least: 2, weight: 2 },
}

/** The least for each, and `poolSize` together; of a pool smaller than those it makes those. */
export function divideConnections(poolSize: number, of: Of): Division {
  const sizes = new Map(leastConnections(of))
  for (let left = poolSize - totalOf(sizes); left > 0; left--) {
    const next = [...sizes.keys()].reduce((most, one) => (claimOf(one, sizes) > claimOf(most, sizes) ? one : most))
    sizes.set(next, sizeOf(next, sizes) + 1)
  }
  return sizes
}

/** What this work needs at least. */
export function leastConnections({ roles, isLogInPostgres }: Of): Division {
  const needed = new Set<Share>(roles.flatMap(role => sharesOf[role]))
  if (isLogInPostgres) needed.add('appends')
  return new Map(shares.filter(share => needed.has(share)).map(share => [share, rules[share].least]))
}

export const totalOf = (sizes: Division): number => [...sizes.values()].reduce((sum, size) => sum + size, 0)

/** Whoever has the least for its weight is next; of equals the first. */
const claimOf = (share: Share, sizes: Division) => rules[share].weight / (sizeOf(share, sizes) + 1)

const sizeOf = (share: Share, sizes: Division) => sizes.get(share) ?? 0
