// What Kafka has between two offsets is what Postgres has: each record at its offset, with its key, its value, its headers and its time.
import { isDeepStrictEqual } from 'node:util'
import type { EventLog, LogRecord } from '../../log/log.ts'
import type { BulkRead, Stretch } from '../../log/postgres/read-in-bulk.ts'
import { renumber, type SchemaIds } from '../../log/schema-ids.ts'
import { MoveRefused } from './move-refused.ts'

type Verifying = { read: BulkRead; copy: Pick<EventLog, 'read'>; ids: SchemaIds }

/** Rejects MoveRefused for the first record that differs, and LogError. */
export async function verifyStretch(
  { read, copy, ids }: Verifying,
  { topic, partition, from, until }: Stretch,
  signal: AbortSignal,
  count: (records: number) => void = () => undefined,
): Promise<void> {
  const range = { from: [{ topic, partition, nextOffset: from }], until: [{ topic, partition, nextOffset: until }] }
  const copied = copy.read(topic, range, signal)[Symbol.asyncIterator]()
  let compared = 0
  try {
    for await (const record of read({ topic, partition, from, until }, signal)) {
      const { value: there } = await copied.next()
      const difference = differenceOf({ ...record, value: renumber(record.value, ids) }, there)
      if (difference !== null) throw differs(record, difference)
      compared += 1
      if (compared % COUNT_EVERY === 0) count(COUNT_EVERY)
    }
    const { value: more } = await copied.next()
    if (more !== undefined) throw differs(more, 'Kafka has a record there, Postgres has none')
    count(compared % COUNT_EVERY)
  } finally {
    await copied.return?.()
  }
}

export function greatest(first: bigint, ...others: readonly bigint[]): bigint {
  let most = first
  for (const one of others) if (one > most) most = one
  return most
}

const COUNT_EVERY = 1_000

/** Pure. In words; null: they are the same. */
export function differenceOf(record: LogRecord, there: LogRecord | undefined): string | null {
  if (there === undefined) return 'Kafka has no record there'
  if (there.offset !== record.offset) return `Kafka has its next record at offset ${there.offset}`
  if (there.key !== record.key) return 'its key is another one in Kafka'
  if (!sameBytes(record.value, there.value)) return 'its value is another one in Kafka'
  if (!isDeepStrictEqual({ ...there.headers }, { ...record.headers })) return 'its headers are others in Kafka'
  if (there.recordedAt !== record.recordedAt) return `it is dated ${there.recordedAt} in Kafka, and ${record.recordedAt} here`
  return null
}

const sameBytes = (one: Uint8Array | null, other: Uint8Array | null): boolean =>
  one === null || other === null ? one === other : Buffer.compare(one, other) === 0

const differs = ({ topic, partition, offset }: LogRecord, how: string) =>
  new MoveRefused('copy-differs', [
    `${topic}/${partition}, offset ${offset}: ${how}. Nothing was changed here; delete that topic in Kafka to have it copied anew`,
  ])
