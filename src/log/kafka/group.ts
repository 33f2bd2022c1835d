// The conversation of one member with a Kafka group's coordinator, as calls: join (and assign, where it leads), heartbeat, commit, leave.
// Kafka sees a group of type `consumer`: its tools show the members and what is assigned to them.
import kafkajs from 'kafkajs'
import type { Position } from '../log.ts'
import { assignPartitions, type GroupMember } from './assigner.ts'
import { brokerErrorOf, toLogError } from './errors.ts'
import type { Broker, Cluster, Joined } from './internals.ts'
import type { KafkaLink } from './link.ts'

const { AssignerProtocol } = kafkajs

export type GroupTimes = { sessionTimeoutMs: number; rebalanceTimeoutMs: number }
/** counts: partitions by topic; partition p of all of them belongs to one member. */
export type GroupTopics = { name: string; counts: Readonly<Record<string, number>> }
/** What a member says of itself when it joins. */
export type Claim = Pick<GroupMember, 'held' | 'generation' | 'leaving'>
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

const PROTOCOL = 'zaplog-hand-over-1'
const { MemberMetadata, MemberAssignment } = AssignerProtocol

export function createKafkaGroup(link: KafkaLink, { name, counts }: GroupTopics, times: GroupTimes): KafkaGroup {
  const topics = Object.keys(counts)
  const partitions = Math.max(...Object.values(counts))
  let memberId = ''
  let generation = -1
  let known: { cluster: Cluster; coordinator: Broker } | null = null
  let trouble: string | null = null

  async function ask<Answer>(doing: string, question: (coordinator: Broker) => Promise<Answer>): Promise<Answer> {
    const what = `${doing} group ${name}`
    try {
      const answer = await link.run(what, [], async cluster => {
        if (known?.cluster !== cluster) known = { cluster, coordinator: await cluster.findGroupCoordinator({ groupId: name }) }
        return question(known.coordinator)
      })
      trouble = null
      return answer
    } catch (error) {
      trouble = beatOf(error) === null ? toLogError(what, error).message : null
      throw error
    }
  }

  async function join(claim: Claim) {
    const joined = await orForget(() => ask('joining', coordinator => coordinator.joinGroup(joinRequest(claim))))
    if (joined === null) return null
    memberId = joined.memberId
    generation = joined.generationId
    const isLeader = joined.leaderId === joined.memberId
    const synced = await orForget(() =>
      ask('syncing with', coordinator =>
        coordinator.syncGroup({
          groupId: name,
          generationId: joined.generationId,
          memberId: joined.memberId,
          groupAssignment: isLeader ? assignAll(joined, counts, partitions) : [],
        }),
      ),
    )
    return synced === null ? null : { generation, assigned: numbersIn(synced.memberAssignment) }
  }

  const joinRequest = (claim: Claim) => ({
    groupId: name,
    sessionTimeout: times.sessionTimeoutMs,
    rebalanceTimeout: times.rebalanceTimeoutMs,
    memberId,
    groupProtocols: [{ name: PROTOCOL, metadata: MemberMetadata.encode({ version: 0, topics, userData: toBytes(claim) }) }],
  })

  /** null: what the coordinator answers where the group moved on without us. */
  async function orForget<Answer>(question: () => Promise<Answer>): Promise<Answer | null> {
    try {
      return await question()
    } catch (error) {
      const beat = beatOf(error)
      if (beat === null) throw error
      if (beat === 'lost') memberId = ''
      return null
    }
  }

  return {
    join,
    isMember: () => memberId !== '',
    heartbeat: async () => {
      try {
        await ask('heartbeat in', coordinator =>
          coordinator.heartbeat({ groupId: name, groupGenerationId: generation, memberId }),
        )
        return 'fine'
      } catch (error) {
        const beat = beatOf(error)
        if (beat === null) throw error
        if (beat === 'lost') memberId = ''
        return beat
      }
    },
    commit: async positions => {
      const byTopic = topics.map(topic => ({
        topic,
        partitions: positions
          .filter(one => one.topic === topic)
          .map(({ partition, nextOffset }) => ({ partition, offset: nextOffset.toString() })),
      }))
      const commits = byTopic.filter(one => one.partitions.length > 0)
      try {
        await ask('committing to', coordinator =>
          coordinator.offsetCommit({ groupId: name, groupGenerationId: generation, memberId, topics: commits }),
        )
      } catch (error) {
        if (beatOf(error) === null) throw error // else the group changes, which the next heartbeat says too
      }
    },
    leave: async () => {
      const leaving = memberId
      memberId = ''
      if (leaving !== '') await ask('leaving', coordinator => coordinator.leaveGroup({ groupId: name, memberId: leaving }))
    },
    trouble: () => trouble,
  }
}

/** null: the question failed, which says nothing about the group. */
function beatOf(error: unknown): 'rejoin' | 'lost' | null {
  switch (brokerErrorOf(error)) {
    case 'REBALANCE_IN_PROGRESS':
      return 'rejoin'
    case 'UNKNOWN_MEMBER_ID':
    case 'ILLEGAL_GENERATION':
    case 'FENCED_INSTANCE_ID':
      return 'lost'
    default:
      return null
  }
}

function assignAll({ members }: Joined, counts: GroupTopics['counts'], partitions: number) {
  const described = members.map(({ memberId, memberMetadata }) => describeMember(memberId, memberMetadata))
  const assigned = assignPartitions(described, partitions)
  return described.map(({ id, topics }) => {
    const numbers = assigned.get(id) ?? []
    // A member of another release may read other topics.
    const assignment = Object.fromEntries(
      topics.map(topic => [topic, numbers.filter(number => number < (counts[topic] ?? partitions))]),
    )
    return { memberId: id, memberAssignment: MemberAssignment.encode({ version: 0, assignment, userData: Buffer.alloc(0) }) }
  })
}

function describeMember(id: string, metadata: Buffer): GroupMember {
  const { topics = [], userData = Buffer.alloc(0) } = MemberMetadata.decode(metadata) ?? {}
  return { id, topics, ...fromBytes(userData) }
}

const numbersIn = (assignment: Buffer) => [
  ...new Set(Object.values(MemberAssignment.decode(assignment)?.assignment ?? {}).flat()),
]

const toBytes = (claim: Claim) => Buffer.from(JSON.stringify([1, claim.generation, claim.leaving ? 1 : 0, ...claim.held]))

/** Whoever joins by our protocol's name writes this. */
function fromBytes(bytes: Buffer): Claim {
  const numbers: unknown = JSON.parse(bytes.toString())
  if (!Array.isArray(numbers) || numbers[0] !== 1 || !numbers.every(Number.isInteger))
    throw new TypeError(`reading what a member of the group holds: got ${bytes}`)
  const [, generation, leaving, ...held] = numbers
  return { generation, leaving: leaving === 1, held }
}
