// What a move would copy, and what stands against it: all of it is found before anything is made.
import type { Transaction } from '../../database/database.ts'
import type { KafkaFacts } from '../../log/kafka/kafka-facts.ts'
import { batchBytesOf } from '../../log/kafka/sends.ts'
import { LogError, type TopicDeclaration } from '../../log/log.ts'
import {
  findLargeRecords,
  type Move,
  type MovingPartition,
  type MovingTopic,
  readMove,
  readMovingPartitions,
  readMovingTopics,
} from '../../log/postgres/move-out.ts'
import { readSchemas } from '../../registry/postgres.ts'
import { describeLog, readIdentity } from '../log-identity.ts'
import type { Moving } from './move.ts'
import { MoveRefused } from './move-refused.ts'

export type Settings = {
  topicPrefix: string
  partitions: number
  /** As a start declares it; null: a topic of a replay, which has its own. */
  declarationOf(topic: string): TopicDeclaration | null
  declareKept(topic: string): TopicDeclaration
}
/** maxBatchBytes: null where Kafka does not say it. */
export type PlannedTopic = {
  declared: TopicDeclaration
  partitions: readonly MovingPartition[]
  isThere: boolean
  maxBatchBytes: number | null
}
export type Plan = {
  clusterId: string
  topics: readonly PlannedTopic[]
  /** In words. */
  problems: readonly string[]
  doubts: readonly string[]
  /** null: it has not moved. */
  movedBefore: Move | null
}

/** Rejects MoveRefused where the database belongs to another log than that in it, LogError and RegistryError. */
export async function planMove(moving: Moving, settings: Settings, signal: AbortSignal): Promise<Plan> {
  const { database, copy } = moving
  const move = await readMove(database)
  const topics = await readMovingTopics(database)
  const declared = topics.map(topic => declare(topic, settings))
  const facts = await copy.facts(declared)
  const movedBefore = await judgeIdentity(database, { move, facts, settings })
  const clusterId = facts.clusterId ?? ''
  if (movedBefore !== null) return { clusterId, topics: [], problems: [], doubts: [], movedBefore }
  const planned = await planTopics(moving, { declared, facts })
  const narrower = new Set(facts.differences.filter(({ setting }) => setting === 'partitions').map(({ topic }) => topic))
  const asDeclared = planned.filter(({ declared: { topic } }) => !narrower.has(topic))
  const isBegun = move !== null && move.clusterId === clusterId
  const problems = [
    ...judgeCluster(facts),
    ...judgeNames(topics, settings),
    ...facts.differences.filter(isProblem).map(describeDifference),
    ...(await judgeMissing(moving, planned)),
    ...(await judgeThere(moving, { planned: asDeclared, isBegun })),
    ...(await judgeRecords(moving, planned, signal)),
    ...(await moving.judgeSchemas(await readSchemas(database), signal)),
  ]
  const doubts = facts.differences.filter(one => !isProblem(one)).map(describeDifference)
  return { clusterId, topics: planned, problems, doubts, movedBefore }
}

const declare = (of: MovingTopic, { declarationOf, declareKept }: Settings): TopicDeclaration =>
  declarationOf(of.topic) ?? { ...declareKept(of.topic), partitions: of.partitions, retentionMs: of.retentionMs }

/** Answers the move where it is done. */
async function judgeIdentity(
  database: Transaction,
  { move, facts, settings }: { move: Move | null; facts: KafkaFacts; settings: Settings },
): Promise<Move | null> {
  const identity = await readIdentity(database)
  const { topicPrefix } = settings
  if (identity === null || (identity.clusterId === null && identity.topicPrefix === topicPrefix)) return null
  const isThere = identity.clusterId === facts.clusterId && identity.topicPrefix === topicPrefix
  if (isThere && move !== null && move.movedAt !== null) return move
  throw new MoveRefused('misconfigured', [
    `expected a database whose log is in Postgres and whose topics begin with "${topicPrefix}", this one belongs to ${describeLog(identity)}`,
  ])
}

const planTopics = async ({ database, copy }: Moving, of: { declared: readonly TopicDeclaration[]; facts: KafkaFacts }) => {
  const partitions = await readMovingPartitions(database)
  return Promise.all(
    of.declared.map(async (declared): Promise<PlannedTopic> => {
      const isThere = !of.facts.missing.includes(declared.topic)
      const mayBeAsked = isThere && !of.facts.refused.some(one => one.startsWith(`${declared.topic}: `))
      const maxBatchBytes = mayBeAsked ? (await copy.findTopic(declared.topic)).maxRecordBytes : declared.maxRecordBytes
      return { declared, partitions: partitions.filter(({ topic }) => topic === declared.topic), isThere, maxBatchBytes }
    }),
  )
}

function judgeCluster({ clusterId, unspoken, refused }: KafkaFacts): readonly string[] {
  return [
    ...(clusterId === null ? ['expected a Kafka that says which cluster it is, this one does not'] : []),
    ...(unspoken.length === 0 ? [] : [`expected Kafka 2.5 or later, this one does not speak ${unspoken.join(', ')}`]),
    ...refused,
  ]
}

const judgeNames = (topics: readonly MovingTopic[], { topicPrefix, partitions, declarationOf }: Settings): readonly string[] =>
  topics.flatMap(of => [
    ...(of.topic.startsWith(topicPrefix) ? [] : [`${of.topic}: expected topics that begin with "${topicPrefix}"`]),
    ...(declarationOf(of.topic) === null || of.partitions === partitions
      ? []
      : [`${of.topic}: it has ${of.partitions} partitions, expected TOPIC_PARTITIONS to say so, it says ${partitions}`]),
  ])

type Difference = KafkaFacts['differences'][number]
/** With any of these a record would be elsewhere, or go, or have another time. The others a start says, too. */
const isProblem = ({ setting }: Difference): boolean =>
  ['partitions', 'cleanup', 'timestamps', 'retentionMs', 'retentionBytes'].includes(setting)
const describeDifference = ({ topic, setting, declared, actual }: Difference): string =>
  `${topic}: ${setting} is ${actual} in Kafka, expected ${declared}`

/** Kafka says itself what it would refuse. */
async function judgeMissing({ copy }: Moving, planned: readonly PlannedTopic[]): Promise<readonly string[]> {
  const problems: string[] = []
  for (const { declared } of planned.filter(({ isThere }) => !isThere))
    await copy.validateTopic(declared).catch(error => {
      if (!(error instanceof LogError) || error.retryable) throw error
      problems.push(error.message)
    })
  return problems
}

/** Before a copy began there is nothing; afterwards no more than there is here. */
async function judgeThere({ copy }: Moving, of: { planned: readonly PlannedTopic[]; isBegun: boolean }) {
  const problems: string[] = []
  for (const { partitions } of of.planned.filter(({ isThere }) => isThere))
    for (const partition of partitions) {
      const { endOffset } = await copy.bounds(partition)
      const most = of.isBegun ? partition.endOffset : 0n
      if (endOffset > most) problems.push(describeOthers(partition, { endOffset, most }))
    }
  return problems
}

const describeOthers = ({ topic, partition }: MovingPartition, { endOffset, most }: { endOffset: bigint; most: bigint }) =>
  `${topic}/${partition}: Kafka has records up to offset ${endOffset} there, expected ${most === 0n ? 'none' : `none beyond ${most}`}: delete the topic, or choose a Kafka without it`

/** Of keys, values and headers: more than this many are left for what a batch adds to a record. */
const BATCH_ADDS_BYTES = 1_000

async function judgeRecords(moving: Moving, planned: readonly PlannedTopic[], signal: AbortSignal): Promise<readonly string[]> {
  const problems: string[] = []
  for (const { declared, partitions, maxBatchBytes } of planned) {
    for (const { topic, partition, oldestRecordedAt } of partitions)
      if (oldestRecordedAt !== null && oldestRecordedAt < 0)
        problems.push(`${topic}/${partition}: a record is dated before 1970, which Kafka does not take`)
    const { topic } = declared
    if (maxBatchBytes === null || partitions.every(one => one.largestBytes <= maxBatchBytes - BATCH_ADDS_BYTES)) continue
    for (const at of await findLargeRecords(moving.database, topic, maxBatchBytes - BATCH_ADDS_BYTES)) {
      const until = [{ ...at, nextOffset: at.nextOffset + 1n }]
      for await (const record of moving.log.read(topic, { from: [at], until }, signal))
        if (batchBytesOf(record) > maxBatchBytes)
          problems.push(
            `${topic}/${at.partition}: the record at offset ${at.nextOffset} takes ${batchBytesOf(record)} bytes in Kafka, which takes ${maxBatchBytes}: expected a higher TOPIC_MAX_RECORD, or max.message.bytes of the topic`,
          )
    }
  }
  return problems
}
