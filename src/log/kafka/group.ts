// The conversation of one member with a Kafka group's coordinator, as calls: join (and assign, where it leads), heartbeat, commit, leave.
// Kafka sees a group of type `consumer`: its tools show the members and what is assigned to them.
import type { Position } from '../log.ts'
import { type AskCoordinator, beatOf, createCoordinatorLink } from './coordinator-link.ts'
import { type Claim, type PartitionCounts, PROTOCOL, readAssignment, writeAssignments, writeClaim } from './group-protocol.ts'
import type { KafkaLink } from './link.ts'

export type GroupTimes = { sessionTimeoutMs: number; rebalanceTimeoutMs: number }
export type GroupTopics = { name: string; counts: PartitionCounts }
/** `rejoin`: the group changes; `lost`: the coordinator does not know the member, what it holds is somebody else's. */
export type Beat = 'fine' | 'rejoin' | 'lost'
export type KafkaGroup = {
  /** Waits for all members. null: the group changed again meanwhile, or does not know us any more. */
  join(claim: Claim): Promise<{ generation: number; assigned: readonly number[] } | null>
  isMember(): boolean
  heartbeat(): Promise<Beat>
  /** A mirror for tools that show lag; nobody reads it. */
  commit(positions: readonly Position[]): Promise<void>
  leave(): Promise<void>
  /** Why the last question to the coordinator had no answer; null: it had one. */
  trouble(): string | null
}

export function createKafkaGroup(link: KafkaLink, { name, counts }: GroupTopics, times: GroupTimes): KafkaGroup {
  const { ask, trouble } = createCoordinatorLink(link, name)
  /** As the coordinator knows us; null: it does not, and no request says who we are. */
  let known: Known | null = null

  /** null: what the coordinator answers where the group moved on without us. */
  async function orForget<Answer>(question: () => Promise<Answer>): Promise<Answer | null> {
    try {
      return await question()
    } catch (error) {
      const beat = beatOf(error)
      if (beat === null) throw error
      if (beat === 'lost') known = null
      return null
    }
  }

  return {
    join: async claim => {
      const { sessionTimeoutMs: sessionTimeout, rebalanceTimeoutMs: rebalanceTimeout } = times
      const groupProtocols = [{ name: PROTOCOL, metadata: writeClaim(Object.keys(counts), claim) }]
      const request = { groupId: name, sessionTimeout, rebalanceTimeout, memberId: known?.memberId ?? '', groupProtocols }
      const joined = await orForget(() => ask('joining', coordinator => coordinator.joinGroup(request)))
      if (joined === null) return null
      const { memberId, generationId } = joined
      known = { memberId, generationId }
      const groupAssignment = joined.leaderId === memberId ? writeAssignments(joined, counts) : []
      const synced = await orForget(() =>
        ask('syncing with', coordinator => coordinator.syncGroup({ groupId: name, generationId, memberId, groupAssignment })),
      )
      return synced === null ? null : { generation: generationId, assigned: readAssignment(synced.memberAssignment) }
    },
    isMember: () => known !== null,
    heartbeat: async () => {
      try {
        await ask('heartbeat in', coordinator => coordinator.heartbeat(membershipOf(name, known)))
        return 'fine'
      } catch (error) {
        const beat = beatOf(error)
        if (beat === null) throw error
        if (beat === 'lost') known = null
        return beat
      }
    },
    commit: positions => commitTo(ask, membershipOf(name, known), positions),
    leave: async () => {
      const leaving = known
      known = null
      if (leaving === null) return
      await ask('leaving', coordinator => coordinator.leaveGroup({ groupId: name, memberId: leaving.memberId }))
    },
    trouble,
  }
}

type Known = { memberId: string; generationId: number }
type MemberOf = { groupId: string; memberId: string; groupGenerationId: number }

const membershipOf = (groupId: string, known: Known | null): MemberOf => ({
  groupId,
  memberId: known?.memberId ?? '',
  groupGenerationId: known?.generationId ?? -1,
})

async function commitTo(ask: AskCoordinator, of: MemberOf, positions: readonly Position[]) {
  const topics = [...Map.groupBy(positions, ({ topic }) => topic)].map(([topic, some]) => ({
    topic,
    partitions: some.map(({ partition, nextOffset }) => ({ partition, offset: nextOffset.toString() })),
  }))
  try {
    await ask('committing to', coordinator => coordinator.offsetCommit({ ...of, topics }))
  } catch (error) {
    if (beatOf(error) === null) throw error // else the group changes, which the next heartbeat says too
  }
}
