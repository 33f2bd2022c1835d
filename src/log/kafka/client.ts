// Connections to Kafka as kafkajs makes them, with the habits of its that would hurt us left out.
import type { Socket } from 'node:net'
import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import kafkajs, { type ISocketFactory, type KafkaConfig, type Producer } from 'kafkajs'
import type { Logger } from '../../runtime/logger.ts'
import { wait } from '../../runtime/wait.ts'
import { forgetHalfAnswers } from './half-answers.ts'
import { type Cluster, ClusterClass, createProducer, createSocketFactory, READ_COMMITTED } from './internals.ts'
import { keepMetadataApart } from './metadata.ts'
import { encodeBatches } from './produce.ts'
import { type Security, securityOf } from './security.ts'
import { silenceNegativeTimeouts } from './warnings.ts'

// Node finds only some of a CommonJS module's names; the default export has them all.
const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs

/** brokers: host:port each. */
export type KafkaAddress = Security & { brokers: readonly string[]; clientId: string }
/** Not connected yet. Each has connections of its own. */
export type KafkaClient = { createCluster(): Closable<Cluster>; createProducer(): Closable<Producer> }
export type Closable<Opened> = {
  opened: Opened
  /** What a broker last said against a topic: it does not exist, is denied, has no leader yet. */
  problemOf(topic: string): Error | null
  /** Gives requests under way a second, then breaks their connections; never rejects. */
  close(): Promise<void>
}

const CONNECT_TIMEOUT_MS = 5_000
const DISCONNECT_WITHIN_MS = 1_000
/** Of the end of a session where brokers limit those (KIP-368): more often than once a second they refuse it. */
const REAUTHENTICATE_BEFORE_MS = 3_000
const METADATA_MAX_AGE_MS = 300_000
/** Repeats inside kafkajs keep the sequence numbers, so that the broker knows a copy; what is left is repeated by us. */
const retry = { retries: 4, initialRetryTime: 100, maxRetryTime: 1_000 }

/** requestTimeoutMs: a broker that does not answer within it is given up, and the connection with it. */
export function createKafkaClient(
  address: KafkaAddress,
  { requestTimeoutMs }: { requestTimeoutMs: number },
  logger: Logger,
): KafkaClient {
  registerZstd()
  silenceNegativeTimeouts()
  const config: KafkaConfig = {
    clientId: address.clientId,
    brokers: [...address.brokers],
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: requestTimeoutMs,
    retry,
    ...securityOf(address),
    reauthenticationThreshold: REAUTHENTICATE_BEFORE_MS,
    logLevel: logLevel.WARN,
    // What fails is thrown to us and said there; these are its own words about it.
    logCreator: () => entry => logger.debug('log.kafkajs', { level: entry.label, of: entry.namespace, said: entry.log.message }),
  }
  const connect = () => {
    const sockets = trackSockets()
    const cluster = new ClusterClass({
      ...config,
      logger: new Kafka(config).logger(),
      socketFactory: sockets.create,
      enforceRequestTimeout: true,
      isolationLevel: READ_COMMITTED,
      metadataMaxAge: METADATA_MAX_AGE_MS,
      maxInFlightRequests: null,
    })
    forgetHalfAnswers(cluster)
    encodeBatches(cluster)
    return { cluster, sockets, problemOf: keepMetadataApart(cluster) }
  }
  return {
    createCluster: () => {
      const { cluster, sockets, problemOf } = connect()
      return { opened: cluster, problemOf, close: () => sockets.close(() => cluster.disconnect()) }
    },
    createProducer: () => {
      const { cluster, sockets, problemOf } = connect()
      const createPartitioner = () => onePartition
      const logger = new Kafka(config).logger()
      const producer = createProducer({ cluster, logger, retry, idempotent: true, createPartitioner })
      return { opened: producer, problemOf, close: () => sockets.close(() => producer.disconnect()) }
    },
  }
}

/** kafkajs waits for answers before it disconnects, without end where a broker hangs. */
function trackSockets() {
  const open = new Set<Socket>()
  const createSocket = createSocketFactory()
  return {
    create: (of: Parameters<ISocketFactory>[0]) => {
      const socket = createSocket(of)
      open.add(socket)
      socket.once('close', () => open.delete(socket))
      unrefWhileThere(socket)
      return socket
    },
    close: async (disconnect: () => Promise<void>) => {
      const patience = new AbortController()
      const disconnected = disconnect().then(
        () => patience.abort(),
        () => patience.abort(), // the connections are broken below
      )
      await wait(DISCONNECT_WITHIN_MS, patience.signal)
      for (const socket of open) socket.destroy(new Error('closed with a request under way'))
      await disconnected
    },
  }
}

/** kafkajs does it at each of many disconnects; Node then listens each time for a connection that a socket that is gone never has. */
function unrefWhileThere(socket: Socket): void {
  const unref = socket.unref.bind(socket)
  socket.unref = () => (socket.destroyed ? socket : unref())
}

/** Ours are computed before the send, so that a repeat goes where the first went. */
const onePartition = ({ message }: { message: { partition?: number } }): number => {
  if (message.partition === undefined) throw new RangeError('sending a record without its partition')
  return message.partition
}

function registerZstd() {
  const compress = promisify(zstdCompress)
  const decompress = promisify(zstdDecompress)
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: ({ buffer }: { buffer: Buffer }) => compress(buffer),
    decompress: (buffer: Buffer) => decompress(buffer),
  })
}
