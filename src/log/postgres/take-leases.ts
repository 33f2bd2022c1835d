// Which partitions a member of a consumer group works on: leases judged by Postgres' clock, fair shares, moved only where a share demands it.
// Partition p of all topics of a consumer group belongs to one member. A member that cannot renew within the TTL by its own clock ends its work first.
import { randomUUID } from 'node:crypto'
import type { Database } from '../../database/database.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Assignment } from '../engine/assignment.ts'
import { inState, type Lease, type Membership } from '../engine/membership.ts'
import { type Coordinator, type Member, type Participation, type PartTimes, takePart } from '../engine/take-part.ts'

/** ttlMs: how long a lease is valid after its renewal was sent. */
export type Leases = PartTimes & { ttlMs: number }
type Deps = { database: Database; logger: Logger; leases: Leases; start(partition: number): Assignment }
type ConsumerGroup = { name: string; partitions: number }

export function takeLeases({ database, logger, leases, start }: Deps, group: ConsumerGroup, signal: AbortSignal): Participation {
  const id = randomUUID()
  return takePart(
    {
      about: { group: group.name, member: id },
      logger,
      times: leases,
      validForMs: leases.ttlMs,
      events: { lost: 'log.membership-lost', expired: 'log.leases-expired' },
      start,
      open: member => openLeaseCoordinator(database, { group, id, ttlMs: leases.ttlMs }, member),
    },
    signal,
  )
}

type Identity = { group: ConsumerGroup; id: string; ttlMs: number }

function openLeaseCoordinator(database: Database, identity: Identity, member: Member): Coordinator {
  let isBelowShare = true

  async function release() {
    const stopped = inState(member.now(), 'stopped')
    if (stopped.length === 0) return
    await releaseLeases(database, identity, stopped)
    member.happen({ kind: 'given-back', partitions: stopped })
  }

  async function heartbeat() {
    const sentAt = performance.now()
    const { leases, share } = await sendHeartbeat(database, identity, member.now().leaving)
    const untilMs = sentAt + identity.ttlMs
    // An answer that took longer than the TTL says nothing of now.
    if (performance.now() > untilMs) return member.happen({ kind: 'clock', nowMs: performance.now() })
    isBelowShare = leases.length < share
    member.happen({ kind: 'assigned', untilMs, owned: leases, kept: keptOf(member.now(), leases, share) })
  }

  return {
    questions: [
      { doing: 'release', ask: release },
      { doing: 'heartbeat', ask: heartbeat },
    ],
    isEager: () => isBelowShare && !member.now().leaving,
    hangUp: () => undefined,
    leave: () => leaveGroup(database, identity),
  }
}

/** As many as its share says, the lowest numbers, beside those that it gives back already. */
function keptOf(membership: Membership, leases: readonly Lease[], share: number): number[] {
  const leaving = [...inState(membership, 'stopping'), ...inState(membership, 'stopped')]
  const staying = leases.map(({ partition }) => partition).filter(partition => !leaving.includes(partition))
  return staying.sort((a, b) => a - b).slice(0, share)
}

async function sendHeartbeat(database: Database, { group, id, ttlMs }: Identity, leaving: boolean) {
  const rows = await database.query<{ share: number; partition: number | null; generation: string | null }>(
    'select share, partition, generation from log_heartbeat($1, $2, $3, $4, $5)',
    [group.name, id, group.partitions, ttlMs, leaving],
  )
  const leases = rows.flatMap(({ partition, generation }) =>
    partition === null || generation === null ? [] : { partition, lease: generation },
  )
  return { share: rows[0]?.share ?? 0, leases }
}

const releaseLeases = async (database: Database, { group, id }: Identity, partitions: readonly number[]) => {
  await database.query('update log_leases set member = null where group_name = $1 and member = $2 and partition = any($3)', [
    group.name,
    id,
    partitions,
  ])
}

/** Also what a heartbeat claimed while the member was leaving. */
const leaveGroup = async (database: Database, { group, id }: Identity) => {
  await database.query(
    `with gone as (delete from log_members where group_name = $1 and member = $2)
     update log_leases set member = null where group_name = $1 and member = $2`,
    [group.name, id],
  )
}
