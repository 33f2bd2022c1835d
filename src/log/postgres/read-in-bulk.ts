// Reads a stretch of one partition as fast as Postgres gives it, for whoever wants all of it: the next page is asked for while one is worked on.
import { type CopyOut, rowsIn, textLiteral } from '../../database/copied-rows.ts'
import { LogError, type LogRecord, type TopicPartition } from '../log.ts'
import { toLogError } from './errors.ts'
import { recordsFrom } from './reader.ts'

/** [from, until) */
export type Stretch = TopicPartition & { from: bigint; until: bigint }
export type BulkRead = (stretch: Stretch, signal: AbortSignal) => AsyncIterable<LogRecord>

const PAGE = { records: 2_000, bytes: 2 * 1024 * 1024 }

/** Rejects LogError truncated | unavailable | aborted, `truncated` where a record of the stretch is not there. Two pages are in memory. */
export const readInBulk = (database: Pick<CopyOut, 'copyOut'>): BulkRead =>
  async function* (stretch, signal) {
    const { until, ...at } = stretch
    let page = at.from < until ? readPage(database, stretch) : null
    while (page !== null) {
      const records = await page
      if (signal.aborted) throw new LogError('aborted', `reading ${at.topic}/${at.partition}: aborted`)
      at.from += BigInt(records.length)
      page = at.from < until ? readPage(database, { ...at, until }) : null
      page?.catch(() => undefined) // it is said when it is its turn
      yield* records
    }
  }

async function readPage(database: Pick<CopyOut, 'copyOut'>, { topic, partition, from, until }: Stretch): Promise<LogRecord[]> {
  const doing = `reading ${topic}/${partition} from offset ${from}`
  const query = recordsFrom({
    topic: textLiteral(topic),
    partition: String(partition),
    offset: String(from),
    maxRecords: String(Math.min(PAGE.records, Number(until - from))),
    maxBytes: String(PAGE.bytes),
  })
  const bytes = await database.copyOut(query).catch(error => {
    throw toLogError(doing, error)
  })
  const records: LogRecord[] = []
  for (const row of rowsIn(bytes)) {
    const record = toRecord({ topic, partition }, row)
    if (record.offset !== from + BigInt(records.length)) break
    records.push(record)
  }
  if (records.length === 0) throw new LogError('truncated', `${doing}: the log does not have it`)
  return records
}

function toRecord(of: TopicPartition, [offset, key, value = null, headers, recordedAt]: readonly (Buffer | null)[]): LogRecord {
  return {
    ...of,
    offset: offset?.readBigInt64BE() ?? -1n,
    key: key?.toString() ?? '',
    value,
    headers: JSON.parse(headers?.toString('utf8', JSONB_HEAD_BYTES) ?? '{}'),
    recordedAt: recordedAt == null ? 0 : epochMs(recordedAt),
  }
}

/** The version of jsonb in binary, before its text. */
const JSONB_HEAD_BYTES = 1
/** 2000-01-01, from which Postgres counts microseconds. */
const POSTGRES_EPOCH_MS = 946_684_800_000

/** As a Date has it, which cuts off what is less than a millisecond. Exact: these are integers below 2^53 for 285 years. */
function epochMs(timestamp: Buffer): number {
  const microseconds = timestamp.readInt32BE(0) * 2 ** 32 + timestamp.readUInt32BE(4)
  return Math.trunc(POSTGRES_EPOCH_MS + microseconds / 1000)
}
