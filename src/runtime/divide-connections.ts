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

/** What each makes of connections beyond its first; measured with every role in one process. */
const weights: Readonly<Record<Share, number>> = {
  intake: 4,
  appends: 3,
  processors: 1,
  projections: 4,
  deliveries: 3,
  waiting: 2,
  api: 1,
}

/** One each, and `poolSize` together; of fewer than one each (see neededShares) it makes one each. */
export function divideConnections(poolSize: number, of: Of): Division {
  const needed = neededShares(of)
  const sizes = new Map<Share, number>(needed.map(share => [share, 1]))
  for (let left = poolSize - needed.length; left > 0; left--) {
    const next = needed.reduce((most, one) => (claimOf(one, sizes) > claimOf(most, sizes) ? one : most))
    sizes.set(next, sizeOf(next, sizes) + 1)
  }
  return sizes
}

/** Each needs a connection at least: fewer than there are of them are too few. */
export const neededShares = ({ roles, isLogInPostgres }: Of): readonly Share[] => {
  const needed = new Set<Share>(roles.flatMap(role => sharesOf[role]))
  if (isLogInPostgres) needed.add('appends')
  return shares.filter(share => needed.has(share))
}

/** Whoever has the least for its weight is next; of equals the first. */
const claimOf = (share: Share, sizes: Division) => weights[share] / (sizeOf(share, sizes) + 1)

const sizeOf = (share: Share, sizes: Division) => sizes.get(share) ?? 0
