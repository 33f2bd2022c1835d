// What members of one of our consumer groups tell each other through Kafka, as bytes: what each holds when it joins, and what its leader assigns.
import kafkajs from 'kafkajs'
import { assignPartitions, type GroupMember } from './assigner.ts'
import type { Joined } from './internals.ts'

const { AssignerProtocol } = kafkajs
const { MemberMetadata, MemberAssignment } = AssignerProtocol

/** All members of a group have to speak it; another form of it takes another name. */
export const PROTOCOL = 'zaplog-hand-over-1'

/** What a member says of itself when it joins. */
export type Claim = Pick<GroupMember, 'held' | 'generation' | 'leaving'>
/** Partitions by topic; partition p of all of them belongs to one member. */
export type PartitionCounts = Readonly<Record<string, number>>

export const writeClaim = (topics: readonly string[], claim: Claim): Buffer =>
  MemberMetadata.encode({
    version: 0,
    topics: [...topics],
    userData: Buffer.from(JSON.stringify([1, claim.generation, claim.leaving ? 1 : 0, ...claim.held])),
  })

/** What the leader answers for all. */
export function writeAssignments({ members }: Joined, counts: PartitionCounts) {
  const partitions = Math.max(...Object.values(counts))
  const described = members.map(({ memberId, memberMetadata }) => readMember(memberId, memberMetadata))
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

/** Partition numbers. */
export const readAssignment = (assignment: Buffer): readonly number[] => [
  ...new Set(Object.values(MemberAssignment.decode(assignment)?.assignment ?? {}).flat()),
]

function readMember(id: string, metadata: Buffer): GroupMember {
  const { topics = [], userData = Buffer.alloc(0) } = MemberMetadata.decode(metadata) ?? {}
  return { id, topics, ...readClaim(userData) }
}

/** Whoever joins by our protocol's name writes this. */
function readClaim(bytes: Buffer): Claim {
  const numbers: unknown = JSON.parse(bytes.toString())
  if (!Array.isArray(numbers) || numbers[0] !== 1 || !numbers.every(Number.isInteger))
    throw new TypeError(`reading what a member of the group holds: got ${bytes}`)
  const [, generation, leaving, ...held] = numbers
  return { generation, leaving: leaving === 1, held }
}
