// Guarantee: a stretch that is read in bulk is record for record what the log gives, and one that is not there whole is refused.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CopyOut } from '../../src/database/copied-rows.ts'
import { openCopyOut } from '../../src/database/copy-out.ts'
import type { LogRecord, NewRecord } from '../../src/log/log.ts'
import { openPostgresLog, type PostgresLog } from '../../src/log/postgres/postgres.ts'
import { readInBulk } from '../../src/log/postgres/read-in-bulk.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { declareTopic } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openTcpProxy } from '../ground/tcp-proxy.ts'

const never = new AbortController().signal
const logger = collectLogLines(['database.idle-connection-lost'])
const topic = "it's\\"
let server: TestDatabase
let log: PostgresLog
let rows: CopyOut
beforeAll(async () => {
  server = await openTestDatabase('read in bulk')
  log = openPostgresLog({ database: server.database, logger, metrics: createMetrics({ processMetrics: false }) })
  rows = openCopyOut({ url: server.url, applicationName: 'test', connections: 2, logger })
  await log.ensureTopics([declareTopic(topic, { partitions: 2, retentionMs: 'forever' })], never)
  await log.append({ topic, records: all, partition: 1 }, never)
  await server.database.query(
    `update log_records set recorded_at = recorded_at + interval '999 microseconds' where "offset" = 2; select log_trim('it''s\\', 1, 1, 1)`,
  )
})
afterAll(async () => {
  await rows.close()
  await log.close()
  await server.close()
})

const aRecord = (n: number, more: Partial<NewRecord> = {}): NewRecord => ({
  ...{
    key: `key-${n}`,
    value: Buffer.from(`value ${n}`),
    headers: { n: String(n), b: '' },
    recordedAt: Date.UTC(2026, 0, 1) + n,
  },
  ...more,
})
/** More than a page in number, and three in bytes. */
const all: readonly NewRecord[] = [
  aRecord(0),
  aRecord(1, { value: null, headers: {} }),
  aRecord(2, { value: Buffer.alloc(0), key: '' }),
  aRecord(3, { key: 'ü\u{1f600}\n', headers: { 'a-b': '"ü\u{1f600}\\\n', '10': 'x', '9': 'y' }, recordedAt: 0 }),
  aRecord(4, { recordedAt: Date.UTC(1999, 11, 31, 23, 59, 59, 999) }),
  ...Array.from({ length: 2_100 }, (_, n) => aRecord(n + 5)),
  ...[1, 2, 3].map(n => aRecord(n, { value: Buffer.alloc(1_500_000, n) })),
]
const END = BigInt(all.length)

const inBulk = (from: bigint, until: bigint): Promise<readonly LogRecord[]> =>
  Array.fromAsync(readInBulk(rows)({ topic, partition: 1, from, until }, never))

test('[G3] every kind of record is as the log gives it, from anywhere to anywhere', async () => {
  const at = (nextOffset: bigint) => [{ topic, partition: 1, nextOffset }]
  const given = await Array.fromAsync(log.read(topic, { from: at(1n), until: at(END) }, never))
  expect(given).toHaveLength(all.length - 1)
  expect(await inBulk(1n, END)).toEqual(given)
  expect(await inBulk(3n, 5n)).toEqual(given.slice(2, 4))
  expect(await inBulk(4n, 4n)).toEqual([])
})

test('[G3] what is not there is refused as truncated, in front of it and behind it', async () => {
  await expect(inBulk(0n, 3n)).rejects.toMatchObject({ code: 'truncated' })
  await expect(inBulk(END - 1n, END + 1n)).rejects.toMatchObject({ code: 'truncated' })
})

test('[G3] a connection that breaks in the middle of a page is an outage, and the next page is read over another', async () => {
  const proxy = await openTcpProxy({ target: { port: Number(new URL(server.url).port) } })
  const url = Object.assign(new URL(server.url), { port: String(proxy.port) }).href
  const behind = openCopyOut({ url, applicationName: 'test', connections: 1, logger })
  const read = readInBulk(behind)
  const readOne = () => Array.fromAsync(read({ topic, partition: 1, from: 5n, until: 6n }, never))
  try {
    proxy.watch((chunk, direction) => (direction === 'to-client' && chunk.includes('PGCOPY') ? 'cut-inside' : 'pass'))
    await expect(readOne()).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    proxy.watch(null)
    expect((await readOne()).map(({ key }) => key)).toEqual(['key-5'])
  } finally {
    await behind.close()
    await proxy.close()
  }
})
