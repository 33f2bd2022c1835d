// What a member of a consumer group does next, whatever the log: pure. It joins, holds partitions, hands over what is to move, loses what it did
// not hear of in time, and joins again. For its member a partition goes this way:
//   working -> stopping (running work may finish) -> stopped (progress is saved, it can be given back) -> gone
//   working -> over (its engine found out that it had ended) -> working anew, once the coordinator confirms that it is ours
//   any of them -> ended at once, where it is somebody else's or may be

/** Ours, as the coordinator says; another lease of the same partition is another ownership of it. */
export type Lease = { partition: number; lease: string }
type Held = Lease & { state: 'working' | 'over' | 'stopping' | 'stopped' }

export type Membership = {
  /** outside: it has to ask to be let in, for the first time or again. joining: it has asked; what it holds stays its own meanwhile. */
  standing: 'outside' | 'joining' | 'inside'
  /** It takes nothing any more; what it holds is handed back as the work in hand ends. */
  leaving: boolean
  /** By partition number. */
  held: ReadonlyMap<number, Held>
  /** By performance.now(): until then nobody else is given what it holds. */
  validUntilMs: number
  /** validUntilMs before the last join was asked: it counts again where the question did not get through. */
  validBeforeMs: number
}

/** Instants are by performance.now(). */
export type Happened =
  /** A join is being sent; it may wait for other members. */
  | { kind: 'join-asked'; untilMs: number }
  | { kind: 'join-failed' }
  /** The group changes, or changed again before all had joined. */
  | { kind: 'join-due' }
  /** owned: all that is ours. kept: what of that stays with us or begins; the rest is handed over. */
  | { kind: 'assigned'; untilMs: number; owned: readonly Lease[]; kept: readonly number[] }
  /** All is as it was. */
  | { kind: 'confirmed'; untilMs: number }
  /** The coordinator does not know us: what was held is somebody else's. */
  | { kind: 'lost' }
  | { kind: 'clock'; nowMs: number }
  /** What a partition that was to stop had in hand is finished and saved. */
  | { kind: 'stopped'; partition: number }
  /** The engine ended a partition by itself. */
  | { kind: 'over'; partition: number }
  /** The coordinator is told of these. */
  | { kind: 'given-back'; partitions: readonly number[] }
  | { kind: 'leave' }

export type Step =
  | { kind: 'start' | 'end'; partition: number }
  | { kind: 'stop'; partition: number; because: 'moves' | 'leaves' }
  /** There is something to tell the coordinator before the next heartbeat is due. */
  | { kind: 'ask-now' }
  /** All is stopped: a join that waits for others is not worth waiting for. */
  | { kind: 'hang-up' }
  | { kind: 'say'; what: 'lost' | 'expired'; partitions: readonly number[] }

export type Decided = { membership: Membership; steps: readonly Step[] }

export const newMembership: Membership = {
  standing: 'outside',
  leaving: false,
  held: new Map(),
  validUntilMs: 0,
  validBeforeMs: 0,
}

export function decide(membership: Membership, happened: Happened): Decided {
  switch (happened.kind) {
    case 'join-asked':
      return only({ ...membership, standing: 'joining', validUntilMs: happened.untilMs, validBeforeMs: membership.validUntilMs })
    case 'join-failed':
      if (membership.standing !== 'joining') return only(membership)
      return only({ ...membership, standing: 'outside', validUntilMs: membership.validBeforeMs })
    case 'join-due':
      return only({ ...membership, standing: 'outside' })
    case 'assigned':
      return assign(membership, happened)
    case 'confirmed':
      return restart({ ...membership, validUntilMs: happened.untilMs })
    case 'lost':
      return endAll(membership, 'lost')
    // A process that slept, or a coordinator that does not answer: others may own everything by now.
    case 'clock':
      return membership.held.size > 0 && happened.nowMs > membership.validUntilMs
        ? endAll(membership, 'expired')
        : only(membership)
    case 'stopped':
      if (membership.held.get(happened.partition)?.state !== 'stopping') return only(membership)
      return noteHandedBack(move(membership, [happened.partition], { from: 'stopping', to: 'stopped' }))
    case 'over':
      return only(move(membership, [happened.partition], { from: 'working', to: 'over' }))
    case 'given-back':
      return endThese(membership, happened.partitions)
    case 'leave':
      return leave({ ...membership, leaving: true })
  }
}

/** Partition numbers. */
export const inState = ({ held }: Membership, state: Held['state']): number[] =>
  [...held.values()].filter(one => one.state === state).map(({ partition }) => partition)

/** It leaves and has nothing in hand: there is nothing left to join for. */
export const isHandedBack = (membership: Membership): boolean =>
  membership.leaving && inState(membership, 'stopped').length === membership.held.size

function assign(before: Membership, { untilMs, owned, kept }: Extract<Happened, { kind: 'assigned' }>): Decided {
  const leases = new Map(owned.map(({ partition, lease }) => [partition, lease]))
  const others = [...before.held.values()].filter(({ partition, lease }) => leases.get(partition) !== lease)
  const ended = endThese(
    before,
    others.map(({ partition }) => partition),
  )
  const moving = [...ended.membership.held.keys()].filter(partition => !kept.includes(partition))
  const stopping = stop(ended.membership, moving, 'moves')
  const taken = before.leaving ? only(stopping.membership) : take(stopping.membership, owned, kept)
  const restarted = restart({ ...taken.membership, standing: 'inside', validUntilMs: untilMs })
  const isToGiveBack = inState(restarted.membership, 'stopped').some(partition => before.held.get(partition)?.state !== 'stopped')
  const steps = [ended, stopping, taken, restarted].flatMap(one => one.steps)
  return { ...restarted, steps: isToGiveBack ? [...steps, { kind: 'ask-now' }] : steps }
}

/** What is ours and not to be kept is never begun: it is there to be given back. */
function take(membership: Membership, owned: readonly Lease[], kept: readonly number[]): Decided {
  const fresh = owned.filter(({ partition }) => !membership.held.has(partition))
  const isKept = ({ partition }: Lease) => kept.includes(partition)
  const held = fresh.map((one): Held => ({ ...one, state: isKept(one) ? 'working' : 'stopped' }))
  return {
    membership: { ...membership, held: new Map([...membership.held, ...held.map(one => [one.partition, one] as const)]) },
    steps: fresh.filter(isKept).map(({ partition }) => ({ kind: 'start', partition })),
  }
}

/** What an engine ended has nothing in hand. */
function stop(membership: Membership, partitions: readonly number[], because: 'moves' | 'leaves'): Decided {
  const working = inState(membership, 'working').filter(partition => partitions.includes(partition))
  return {
    membership: move(move(membership, working, { from: 'working', to: 'stopping' }), partitions, { from: 'over', to: 'stopped' }),
    steps: working.map(partition => ({ kind: 'stop', partition, because })),
  }
}

/** What an engine ended begins anew. */
function restart(membership: Membership): Decided {
  const over = inState(membership, 'over')
  return {
    membership: move(membership, over, { from: 'over', to: 'working' }),
    steps: over.map(partition => ({ kind: 'start', partition })),
  }
}

function leave(membership: Membership): Decided {
  const stopping = stop(membership, [...membership.held.keys()], 'leaves')
  const noted = noteHandedBack(stopping.membership)
  return { ...noted, steps: [...stopping.steps, ...noted.steps] }
}

function noteHandedBack(membership: Membership): Decided {
  const isWaitedFor = membership.standing === 'joining' && isHandedBack(membership)
  return { membership, steps: isWaitedFor ? [{ kind: 'ask-now' }, { kind: 'hang-up' }] : [{ kind: 'ask-now' }] }
}

function endAll(membership: Membership, what: 'lost' | 'expired'): Decided {
  const partitions = [...membership.held.keys()]
  const { steps, ...ended } = endThese({ ...membership, standing: 'outside' }, partitions)
  return {
    ...ended,
    steps: [...(partitions.length > 0 ? [{ kind: 'say', what, partitions } as const] : []), ...steps, { kind: 'ask-now' }],
  }
}

const endThese = (membership: Membership, partitions: readonly number[]): Decided => ({
  membership: { ...membership, held: new Map([...membership.held].filter(([partition]) => !partitions.includes(partition))) },
  steps: partitions.filter(partition => membership.held.has(partition)).map(partition => ({ kind: 'end', partition })),
})

function move(
  membership: Membership,
  partitions: readonly number[],
  { from, to }: { from: Held['state']; to: Held['state'] },
): Membership {
  const moved = [...membership.held.values()].map(one =>
    one.state === from && partitions.includes(one.partition) ? { ...one, state: to } : one,
  )
  return { ...membership, held: new Map(moved.map(one => [one.partition, one])) }
}

const only = (membership: Membership): Decided => ({ membership, steps: [] })
