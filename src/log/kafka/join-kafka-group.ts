// Which partitions a member of a consumer group works on, assigned by Kafka's group protocol: kept over a rebalance, handed over before they move.
// A partition that is to move is stopped first (running work may finish, progress is saved), then given back by joining again; only then
// another member gets it. A member the coordinator does not know, or did not hear of in time, ends its work at once.
import type { Logger } from '../../runtime/logger.ts'
import type { Assignment } from '../engine/assignment.ts'
import { inState, isHandedBack } from '../engine/membership.ts'
import { type Coordinator, type Member, type Participation, type PartTimes, takePart } from '../engine/take-part.ts'
import type { KafkaGroup } from './group.ts'
import { createOffsetMirror } from './offset-mirror.ts'

export type MembershipTimes = PartTimes & { sessionTimeoutMs: number; rebalanceTimeoutMs: number; commitEveryMs: number }
type Deps = {
  group: KafkaGroup
  name: string
  logger: Logger
  times: MembershipTimes
  start(partition: number): Assignment
  /** Breaks the connection a join may be waiting on. */
  hangUp(): void
}

export function joinKafkaGroup(deps: Deps, signal: AbortSignal): Participation {
  const { name, logger, times, start } = deps
  return takePart(
    {
      about: { group: name },
      logger,
      times,
      validForMs: times.sessionTimeoutMs,
      events: { lost: 'log.membership-lost', expired: 'log.membership-expired' },
      start,
      open: member => openGroupCoordinator(deps, member),
    },
    signal,
  )
}

function openGroupCoordinator({ group, name, logger, times, hangUp }: Deps, member: Member): Coordinator {
  const mirror = createOffsetMirror({ group, name, logger, everyMs: times.commitEveryMs })
  let generation = -1

  async function ask() {
    const positions = member.assignments().flatMap(assignment => assignment.status())
    await mirror.commit(positions, { now: inState(member.now(), 'stopped').length > 0 })
    giveBackStopped()
    if (member.now().standing === 'outside' || !group.isMember()) await joinUnlessHandedBack()
    else await beat()
  }

  /** Joining again without them is what gives them back. */
  function giveBackStopped() {
    const stopped = inState(member.now(), 'stopped')
    if (stopped.length === 0) return
    member.happen({ kind: 'given-back', partitions: stopped })
    member.happen({ kind: 'join-due' })
  }

  async function beat() {
    const sentAt = performance.now()
    const answer = await group.heartbeat()
    if (answer === 'fine') return member.happen({ kind: 'confirmed', untilMs: sentAt + times.sessionTimeoutMs })
    if (answer === 'lost') return member.happen({ kind: 'lost' })
    member.happen({ kind: 'join-due' })
    await joinUnlessHandedBack()
  }

  /** Waits for every member, the dead ones included, unless everything was handed back before or is meanwhile. */
  async function joinUnlessHandedBack() {
    if (isHandedBack(member.now())) return
    // Until all have joined nobody is assigned anything: what is held stays ours, unless the question did not get through.
    member.happen({ kind: 'join-asked', untilMs: performance.now() + times.rebalanceTimeoutMs + times.sessionTimeoutMs })
    try {
      await join()
    } catch (error) {
      member.happen({ kind: 'join-failed' })
      if (!isHandedBack(member.now())) throw error // else it was us who hung up
    }
  }

  async function join() {
    const { held, leaving } = member.now()
    const joined = await group.join({ held: [...held.keys()], generation, leaving })
    if (joined === null) return member.happen({ kind: group.isMember() ? 'join-due' : 'lost' })
    generation = joined.generation
    const still = [...member.now().held.values()]
    const fresh = joined.assigned.filter(partition => !member.now().held.has(partition))
    const owned = [...still, ...fresh.map(partition => ({ partition, lease: String(joined.generation) }))]
    member.happen({ kind: 'assigned', untilMs: performance.now() + times.sessionTimeoutMs, owned, kept: joined.assigned })
    logger.debug('log.assigned', { group: name, generation, partitions: joined.assigned })
  }

  return {
    questions: [{ doing: 'taking part', ask }],
    isEager: () => member.now().standing !== 'inside',
    // A member that is not known yet by its id could not leave: its first join is waited for.
    hangUp: () => {
      if (group.isMember()) hangUp()
    },
    leave: group.leave,
  }
}
