// The only door to what kafkajs does not export, with what we use of it typed. Of its consumer, its admin client and its crash policy nothing is
// used: members join groups and read partitions through its cluster and broker objects (the package has no `exports`, so they can be reached).
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import type { ISocketFactory, Producer } from 'kafkajs'
import type { IdempotentProducer, NumberedBatch } from './record-batch.ts'

/** leader: -1 while there is none. */
export type PartitionMetadata = { partitionId: number; leader: number; replicas: readonly number[] }
export type Cluster = {
  /** Brokers and their connections come to be in here. */
  brokerPool: {
    createBroker(options: object): Broker
    connectionPoolBuilder: { build(destination?: object): Promise<{ pool: readonly Connection[] }> }
  }
  connect(): Promise<void>
  disconnect(): Promise<void>
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>
  findTopicPartitionMetadata(topic: string): readonly PartitionMetadata[]
  findBroker(of: { nodeId: number }): Promise<Broker>
  findControllerBroker(): Promise<Broker>
  findGroupCoordinator(of: { groupId: string }): Promise<Broker>
  /** fromBeginning true: first, false: end; fromTimestamp: the first record as new, '-1' where there is none. */
  fetchTopicsOffset(of: readonly OffsetQuery[]): Promise<readonly TopicOffsets[]>
}
type OffsetQuery = {
  topic: string
  partitions: readonly { partition: number }[]
  fromBeginning?: boolean
  fromTimestamp?: number
}
type TopicOffsets = { topic: string; partitions: readonly { partition: number; offset: string }[] }

/** Opens one socket after another; what it has read of an answer that is not whole is in the last three. */
export type Connection = {
  connect(): Promise<unknown>
  isConnected(): boolean
  chunks: readonly Buffer[]
  bytesBuffered: number
  bytesNeeded: number
}
export type Broker = {
  /** By the number of each call, what it speaks; null: it was not asked. */
  versions: Readonly<Record<number, { maxVersion: number } | undefined>> | null
  /** What its cluster asks it with. */
  metadata(topics: readonly string[]): Promise<unknown>
  connectionPool: { send<T>(exchange: { request: object; response: Response<T> }): Promise<T> }
  disconnect(): Promise<void>
  joinGroup(of: {
    groupId: string
    sessionTimeout: number
    rebalanceTimeout: number
    memberId: string
    groupProtocols: readonly { name: string; metadata: Buffer }[]
  }): Promise<Joined>
  syncGroup(of: {
    groupId: string
    generationId: number
    memberId: string
    groupAssignment: readonly { memberId: string; memberAssignment: Buffer }[]
  }): Promise<{ memberAssignment: Buffer }>
  heartbeat(of: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>
  leaveGroup(of: { groupId: string; memberId: string }): Promise<unknown>
  offsetCommit(of: {
    groupId: string
    groupGenerationId: number
    memberId: string
    topics: readonly { topic: string; partitions: readonly { partition: number; offset: string }[] }[]
  }): Promise<unknown>
  createTopics(of: { topics: readonly NewTopic[]; timeout: number; validateOnly?: boolean }): Promise<unknown>
  deleteTopics(of: { topics: readonly string[]; timeout: number }): Promise<unknown>
  /** transactionTimeout in ms; without transactions it means nothing. */
  initProducerId(of: { transactionTimeout: number }): Promise<{ producerId: string; producerEpoch: number }>
  produce(of: Produce): Promise<Produced>
  /** Those below each offset. Rejects with `partitions`, each with its error. */
  deleteRecords(of: {
    topics: readonly { topic: string; partitions: readonly { partition: number; offset: string }[] }[]
  }): Promise<unknown>
  describeConfigs(of: {
    resources: readonly { type: number; name: string; configNames: readonly string[] }[]
  }): Promise<{ resources: readonly { configEntries: readonly { configName: string; configValue: string }[] }[] }>
}
export type Joined = {
  generationId: number
  leaderId: string
  memberId: string
  members: readonly { memberId: string; memberMetadata: Buffer }[]
}
/** acks -1: all in-sync replicas; compression 1: gzip [0: none]. */
export type Produce = IdempotentProducer & {
  acks: number
  timeout: number
  compression?: number
  topicData: readonly { topic: string; partitions: readonly NumberedBatch[] }[]
}
type Produced = { topics: readonly { partitions: readonly { baseOffset: string }[] }[] }
type NewTopic = {
  topic: string
  numPartitions: number
  replicationFactor: number
  configEntries: readonly { name: string; value: string }[]
}
export type Metadata = {
  clusterId: string | null
  brokers: readonly { nodeId: number }[]
  topicMetadata: readonly {
    topicErrorCode: number
    topic: string
    partitionMetadata: readonly (PartitionMetadata & { partitionErrorCode: number })[]
  }[]
}
export type Response<T> = { decode(body: Buffer): Promise<T>; parse(decoded: T): Promise<T> }

export type Encoder = { writeArray(of: readonly unknown[]): Encoder; writeBoolean(value: boolean): Encoder }
export type Decoder = {
  readInt8(): number
  readInt16(): number
  readInt32(): number
  readInt64(): bigint
  readString(): string
  readBytes(): Buffer | null
  readArray<T>(read: (decoder: Decoder) => T): T[]
}
/** A record batch of format 2 with its records, decompressed. */
export type RecordBatch = {
  firstOffset: string
  lastOffsetDelta: number
  producerId: string
  inTransaction: boolean
  isControlBatch: boolean
  records: readonly RawRecord[]
}
export type RawRecord = {
  offset: string
  timestamp: string
  key: Buffer | null
  value: Buffer | null
  headers: Readonly<Record<string, Buffer | null | readonly (Buffer | null)[]>>
}

type SocketOptions = Parameters<ISocketFactory>[0]
type Protocol = { decode(body: Buffer): Promise<Metadata> }

const require = createRequire(import.meta.url)
const from = <Part>(path: string): Part => require(`kafkajs/src/${path}`)

const DecoderClass = from<new (buffer: Buffer) => Decoder>('protocol/decoder')
export const createDecoder = (buffer: Buffer): Decoder => new DecoderClass(buffer)
const EncoderClass = from<new () => Encoder>('protocol/encoder')
export const createEncoder = (): Encoder => new EncoderClass()

export const ClusterClass = from<new (options: object) => Cluster>('cluster')
export const createProducer = from<(options: object) => Producer>('producer')
export const createSocketFactory = from<() => (of: SocketOptions) => Socket>('network/socketFactory')
export const decodeBatch = from<(decoder: Decoder) => Promise<RecordBatch>>('protocol/recordBatch/v0/decoder')
/** Version 11. */
export const fetchRequest = from<(of: object) => object>('protocol/requests/fetch/v11/request')
/** Version 7. */
export const produceRequest = from<(of: Produce) => object>('protocol/requests/produce/v7/request')
export const produceResponse = from<Response<Produced>>('protocol/requests/produce/v7/response')
/** Version 6. */
export const metadataRequest = from<(of: object) => object>('protocol/requests/metadata/v6/request')
export const metadataResponse = from<Protocol>('protocol/requests/metadata/v6/response')
export const { createErrorFromCode } = from<{ createErrorFromCode(code: number): Error }>('protocol/error')

/** Isolation: transactions that are not committed are not seen, nor counted in ends. */
export const READ_COMMITTED = 1
