// Whatever anybody writes to the dead letters is listed with what of it can be read, and is read, given back and discarded like all others.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { letterOf } from '../../src/dead-letters/letter.ts'
import { askRedrive, keepLetter } from '../../src/dead-letters/letter-rows.ts'
import { claimLetters } from '../../src/dead-letters/letters-at-work.ts'
import type { LogRecord } from '../../src/log/log.ts'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const never = new AbortController().signal
const parties = { projections: ['read-model'], deliveries: 'zaplog.webhooks' }
const recordedAt = Date.UTC(2026, 0, 5, 12)
/** No two of its characters are the same for a compressor, and each takes three bytes. */
const long = Array.from({ length: 6_000 }, (_, nth) => String.fromCodePoint(0x4e00 + ((nth * 7919) % 20_000))).join('')
const integers = ['2147483648', '-2', '9223372036854775808', '9'.repeat(400), '1e3', ' 7', '']

const hostile: readonly (Partial<LogRecord> & { headers: LogRecord['headers'] })[] = [
  { headers: {} },
  { headers: {}, key: '' },
  { headers: {}, key: `a\0${long}` },
  { headers: {}, recordedAt: -1 },
  { headers: {}, recordedAt: 9e15 },
  ...['x-first-failed-at', 'x-origin-partition', 'x-origin-offset', 'x-attempts'].flatMap(name =>
    [...integers, '9000000000000000'].map(value => ({ headers: { [name]: value } })),
  ),
  ...[
    ...['x-processor', 'x-origin-topic', 'x-error-code', 'x-error-message'],
    ...['instance-id', 'event-id', 'event-type', 'traceparent'],
  ].flatMap(name => ['\0', 'a\0b', '\ud800', long, ''].map(value => ({ headers: { [name]: value } }))),
  { headers: { 'x-processor': long, 'x-origin-topic': long, 'instance-id': long, 'event-id': long }, key: long },
]

let api: TestApi
beforeAll(async () => {
  api = await openTestApi('hostile letters', collectLogLines())
  const { log, topic } = api.testLog
  const record = { key: 'shop', value: Buffer.from('v'), headers: {}, recordedAt }
  await log.append({ topic: topic('dead-letters'), partition: 0, records: hostile.map(() => record) }, never)
  for (const [nth, one] of hostile.entries())
    await keepLetter(
      api.database,
      letterOf({ ...record, topic: topic('dead-letters'), partition: 0, offset: BigInt(nth), ...one }, parties),
    )
})
afterAll(() => api.close())

type Listed = { id: string; processor: string; partition: number; offset: string; attempts: number; failedAt: string }
async function listAll(): Promise<readonly Listed[]> {
  const all: Listed[] = []
  let cursor = ''
  do {
    const { status, json } = await api.call('GET', `/v1/dead-letters?limit=7${cursor}`)
    expect(status).toBe(200)
    all.push(...(json.data as Listed[]))
    cursor = json.nextCursor === null ? '' : `&cursor=${json.nextCursor}`
  } while (cursor !== '')
  return all
}

test('[G2] [I3] each is a row, page by page, and can be read by itself', async () => {
  const all = await listAll()
  expect(all).toHaveLength(hostile.length)
  for (const { id } of all) expect(await api.call('GET', `/v1/dead-letters/${id}?value=base64`)).toMatchObject({ status: 200 })
  for (const { failedAt } of all) expect(failedAt).toMatch(/^\d{4}-/)
})

test('[G2] what no integer and no instant can be is as if it were not said, what is too long is cut', async () => {
  const said = (headers: LogRecord['headers'], record: Partial<LogRecord> = {}) =>
    letterOf({ topic: 'd', partition: 0, offset: 7n, key: 'shop', value: null, recordedAt, ...record, headers }, parties)
  for (const one of integers) {
    const headers = { 'x-origin-partition': one, 'x-origin-offset': one === '2147483648' ? '-1' : one, 'x-attempts': one }
    expect(said(headers)).toMatchObject({ originPartition: -1, originOffset: -1n, attempts: 1 })
  }
  expect(said({ 'x-first-failed-at': '9000000000000000' })).toMatchObject({ failedAt: recordedAt })
  expect(said({}, { recordedAt: -1 })).toMatchObject({ failedAt: 0 })
  expect(said({ 'instance-id': 'a\0b', 'x-processor': long })).toMatchObject({
    ...{ instanceId: 'a\uFFFDb', processor: long.slice(0, 249) },
  })
})

test('[G2] all can be given back at once, and be claimed, and what is not can be discarded', async () => {
  const redrive = (dryRun: boolean) =>
    api.call('POST', '/v1/dead-letters/redrive', { body: { before: '9999-12-31T23:59:59Z', dryRun } })
  expect(await redrive(true)).toMatchObject({ status: 200, json: { letters: hostile.length } })
  expect(await redrive(false)).toMatchObject({ status: 202, json: { letters: hostile.length } })
  const claiming = { lanes: [], laneless: [], known: ['zaplog.copy'], limit: 1_000, leaseMs: 60_000, nobodysMs: 0 }
  expect((await claimLetters(api.database, claiming)).length).toBeGreaterThan(0)
  await api.database.query(`update dead_letters set state = 'dead'`)
  expect(await api.call('DELETE', '/v1/dead-letters?before=9999-12-31T23:59:59Z')).toMatchObject({
    ...{ status: 200, json: { letters: hostile.length } },
  })
  expect(await askRedrive(api.database, { processor: 'unknown' })).toBeGreaterThan(0)
})
