// Produce requests with batches that we encode ourselves (record-batch.ts). Who sends what, and under which sequence numbers, kafkajs decides as ever.
import { type Broker, type Cluster, type Produce, produceRequest, produceResponse } from './internals.ts'
import { encodeRecordBatch } from './record-batch.ts'

/** Compressed ones, which are rare, it encodes itself. */
export function encodeBatches({ brokerPool }: Cluster): void {
  const { createBroker } = brokerPool
  brokerPool.createBroker = options => {
    const broker = createBroker(options)
    const theirs = broker.produce.bind(broker)
    broker.produce = of => (of.compression ? theirs(of) : produce(broker, of))
    return broker
  }
}

async function produce(broker: Broker, of: Produce) {
  const encode = async () => {
    const bytes = encodeProduce(of)
    return { buf: bytes, buffer: bytes }
  }
  try {
    return await broker.connectionPool.send({ request: { ...produceRequest(of), encode }, response: produceResponse })
  } catch (error) {
    // As kafkajs does with whatever it sends: who asks next connects first.
    if (Object(error).name === 'KafkaJSConnectionClosedError') await broker.disconnect()
    throw error
  }
}

/** Version 7. */
export function encodeProduce({ acks, timeout, topicData, ...producer }: Produce): Buffer {
  const parts = [int16(NO_TRANSACTION), int16(acks), int32(timeout), int32(topicData.length)]
  for (const { topic, partitions } of topicData) {
    const name = Buffer.from(topic)
    parts.push(int16(name.length), name, int32(partitions.length))
    for (const { partition, ...numbered } of partitions) {
      const batch = encodeRecordBatch(producer, numbered)
      parts.push(int32(partition), int32(batch.length), batch)
    }
  }
  return Buffer.concat(parts)
}

/** The length of a text that is not there. */
const NO_TRANSACTION = -1

function int16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32BE(value)
  return bytes
}
