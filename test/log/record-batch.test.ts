// Batches that we encode are those that kafkajs would send, byte for byte, and their sum is the one that brokers check.
import { expect, test } from 'vitest'
import { crc32c } from '../../src/log/kafka/crc32c.ts'
import { type Produce, produceRequest } from '../../src/log/kafka/internals.ts'
import { encodeProduce } from '../../src/log/kafka/produce.ts'
import { encodeRecordBatch, type SentMessage } from '../../src/log/kafka/record-batch.ts'
import { decodeRecordSet } from '../../src/log/kafka/records.ts'

const began = 1_764_500_000_000
const aMessage = (of: Partial<SentMessage> = {}): SentMessage => ({
  ...{ partition: 3, key: 'shop', value: Buffer.from('bytes'), headers: { 'event-type': 'message.received' } },
  ...{ timestamp: String(began), ...of },
})
/** Texts at both sides of where their length takes a byte more, of one to four bytes a letter. */
const texts = [
  '',
  'a',
  'x'.repeat(63),
  'x'.repeat(64),
  'ß'.repeat(32),
  '漢'.repeat(3_000),
  '🙂',
  'x'.repeat(8_191),
  'x'.repeat(8_192),
  '\ud800 half of a letter',
]
const messages = [
  ...texts.map((text, nth) => aMessage({ key: text, headers: { [text]: text, epoch: String(nth) } })),
  ...[0, 63, 64, 8_192, 2 ** 20 - 1, 2 ** 20].map(length => aMessage({ value: Buffer.alloc(length, 7) })),
  aMessage({ value: null, headers: {} }),
  ...[1, 63, 64, 86_400_000, 400 * 86_400_000].map(later => aMessage({ timestamp: String(began + later) })),
  ...Array.from({ length: 9_000 }, (_, nth) => aMessage({ timestamp: String(began + (nth % 7)) })),
]
const produce: Produce = {
  ...{ acks: -1, timeout: 20_000, producerId: '9007199254740993', producerEpoch: 2 },
  topicData: [
    { topic: 'wa.events', partitions: [{ partition: 3, firstSequence: 2 ** 31 - 1, messages }] },
    {
      topic: 'wa.history',
      partitions: [
        {
          partition: 1,
          firstSequence: 0,
          messages: [5, 0, 86_400_000].map(later => aMessage({ timestamp: String(began + later) })),
        },
      ],
    },
    {
      topic: 'wa.replay.späti',
      partitions: [0, 23].map(partition => ({ partition, firstSequence: partition, messages: [aMessage({ partition })] })),
    },
  ],
}

test('[G1] a produce request has the bytes that kafkajs would send', async () => {
  const { encode } = produceRequest(produce) as { encode(): Promise<{ buffer: Buffer }> }
  expect(encodeProduce(produce).equals((await encode()).buffer)).toBe(true)
})

test('[G1] a batch is read back as it was given, also where its first record is not its oldest', async () => {
  const given = [aMessage({ timestamp: String(began + 5) }), aMessage({ timestamp: String(began), key: 'ü', value: null })]
  const recordSet = encodeRecordBatch({ producerId: '1', producerEpoch: 0 }, { firstSequence: 0, messages: given })
  const read = await decodeRecordSet({ topic: 'wa.events', partition: 3, nextOffset: 0n }, { recordSet, aborted: [] })
  expect(read).toMatchObject({
    nextOffset: 2n,
    records: given.map(({ key, value, headers, timestamp }) => ({ key, value, headers, recordedAt: Number(timestamp) })),
  })
})

test('[G1] the sum of a batch is CRC-32C', () => {
  // RFC 3720 B.4, and the check value of the catalogues.
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43)
  expect(crc32c(Buffer.from(Array.from({ length: 32 }, (_, n) => n)))).toBe(0x46dd794e)
  expect(crc32c(Buffer.alloc(0))).toBe(0)
})
