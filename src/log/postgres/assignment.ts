// Which partitions a member of a consumer group works on: leases judged by Postgres' clock, fair shares, moved only where a share demands it.
// Partition p of all topics of a group belongs to one member. A member that cannot renew within the TTL by its own clock ends its work first.
import { randomUUID } from 'node:crypto'
import type { Database } from '../../database/database.ts'
import type { Logger } from '../../runtime/logger.ts'
import { wait } from '../../runtime/wait.ts'
import type { Assignment } from '../engine/assignment.ts'

/** rebalanceGraceMs, stopGraceMs: how long running work may finish when a partition moves, and when the consumer stops. */
export type Leases = { heartbeatMs: number; ttlMs: number; rebalanceGraceMs: number; stopGraceMs: number }
export type Membership = {
  assignments(): readonly Assignment[]
  /** Resolves when everything is given back after the signal aborted. */
  left: Promise<void>
}

type Deps = { database: Database; logger: Logger; leases: Leases; start(partition: number): Assignment }
type Group = { name: string; partitions: number }
type Held = { generation: string; assignment: Assignment; state: 'working' | 'stopping' | 'stopped' }
type Lease = { partition: number; generation: string }

/** A member below its share asks so often. */
const EAGER_MS = 100

export function joinGroup({ database, logger, leases, start }: Deps, group: Group, signal: AbortSignal): Membership {
  const member = randomUUID()
  const held = new Map<number, Held>()
  let validUntil = 0
  let failing = false
  let belowShare = true
  let pausing = new AbortController()
  const wake = () => pausing.abort()

  /** Every statement about leases is sent by this loop, one after another: an answer is never older than what was done since. */
  async function run() {
    const watching = setInterval(endExpired, Math.max(10, leases.ttlMs / 20))
    signal.addEventListener('abort', stopAll, { once: true })
    while (!signal.aborted || held.size > 0) {
      await orSay('release', releaseStopped)
      await orSay('heartbeat', heartbeat)
      await pause()
    }
    clearInterval(watching)
    signal.removeEventListener('abort', stopAll)
    await orSay('leave', () => leaveGroup(database, group, member))
  }

  /** Intake stops with the signal; leases are renewed until the work in hand is done. */
  function stopAll() {
    for (const lease of held.values()) void giveBack(lease, leases.stopGraceMs)
    wake()
  }

  /** Postgres may be away: the next turn tries again, and what is not renewed ends by itself. */
  async function orSay(doing: string, step: () => Promise<void>) {
    try {
      await step()
      failing = false
    } catch (error) {
      if (!failing) logger.warn('log.membership-failed', { group: group.name, member, doing, error })
      failing = true
    }
  }

  async function heartbeat() {
    const sentAt = performance.now()
    const beat = await sendHeartbeat(database, group, { member, ttlMs: leases.ttlMs, leaving: signal.aborted })
    validUntil = sentAt + leases.ttlMs
    endExpired() // the answer may have taken longer than the TTL
    endOthers(beat.leases)
    if (signal.aborted) return
    for (const lease of beat.leases) if (!held.has(lease.partition)) hold(lease)
    belowShare = beat.leases.length < beat.share
    giveBackSurplus(beat.share)
  }

  const hold = ({ partition, generation }: Lease) =>
    void held.set(partition, { generation, assignment: start(partition), state: 'working' })

  /** What Postgres does not say is ours, or what changed hands meanwhile, is over; what the engine ended begins anew. */
  function endOthers(ours: readonly Lease[]) {
    const generations = new Map(ours.map(lease => [lease.partition, lease.generation]))
    for (const [partition, lease] of held)
      if (generations.get(partition) !== lease.generation || (lease.state === 'working' && lease.assignment.ended.aborted))
        end(partition)
  }

  /** A process that slept, or a Postgres that does not answer: others may own everything by now. */
  function endExpired() {
    if (held.size === 0 || performance.now() <= validUntil) return
    logger.warn('log.leases-expired', { group: group.name, member, partitions: [...held.keys()] })
    for (const partition of held.keys()) end(partition)
  }

  function end(partition: number) {
    held.get(partition)?.assignment.end()
    held.delete(partition)
  }

  function giveBackSurplus(share: number) {
    const working = [...held].filter(([, { state }]) => state === 'working').sort(([a], [b]) => b - a)
    for (const [, lease] of working.slice(0, Math.max(0, working.length - share))) giveBack(lease, leases.rebalanceGraceMs)
  }

  async function giveBack(lease: Held, withinMs: number) {
    if (lease.state !== 'working') return
    lease.state = 'stopping'
    await lease.assignment.stop(withinMs)
    lease.state = 'stopped'
    wake()
  }

  async function releaseStopped() {
    const stopped = [...held].filter(([, { state }]) => state === 'stopped').map(([partition]) => partition)
    if (stopped.length === 0) return
    await database.query('update log_leases set member = null where group_name = $1 and member = $2 and partition = any($3)', [
      group.name,
      member,
      stopped,
    ])
    for (const partition of stopped) held.delete(partition)
  }

  async function pause() {
    const eager = belowShare && !signal.aborted
    if (held.size > 0 || !signal.aborted)
      await wait(eager ? Math.min(EAGER_MS, leases.heartbeatMs) : leases.heartbeatMs, pausing.signal)
    pausing = new AbortController()
  }

  return { assignments: () => [...held.values()].map(({ assignment }) => assignment), left: run() }
}

async function sendHeartbeat(database: Database, group: Group, of: { member: string; ttlMs: number; leaving: boolean }) {
  const rows = await database.query<{ share: number; partition: number | null; generation: string | null }>(
    'select share, partition, generation from log_heartbeat($1, $2, $3, $4, $5)',
    [group.name, of.member, group.partitions, of.ttlMs, of.leaving],
  )
  const leases = rows.flatMap(({ partition, generation }) =>
    partition === null || generation === null ? [] : { partition, generation },
  )
  return { share: rows[0]?.share ?? 0, leases }
}

/** Also what a heartbeat claimed while the member was leaving. */
const leaveGroup = async (database: Database, group: Group, member: string) => {
  await database.query(
    `with gone as (delete from log_members where group_name = $1 and member = $2)
     update log_leases set member = null where group_name = $1 and member = $2`,
    [group.name, member],
  )
}
