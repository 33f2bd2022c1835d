// The account of an instance over HTTP: what there is to say before anything came, of rows of every owner, and who may ask; and what waits of all of
// them, as a scrape has it.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gapCheck } from '../../src/api/instances/watch-gaps.ts'
import { openQueueWatch } from '../../src/api/watch-queues.ts'
import { writeTogether } from '../../src/database/statement-parts.ts'
import { tallyWrites } from '../../src/instances/instance-tallies.ts'
import { MOST_UPLOADS, readWaitingUploads } from '../../src/instances/uploads-waiting.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { openTestApi, partitions, type TestApi } from '../ground/api/open-test-api.ts'
import { appendEvents, projectEvents } from '../ground/api/project-events.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let api: TestApi
beforeAll(async () => {
  api = await openTestApi('api-accounting', logger)
  for (const id of ['shop', 'branch']) await api.call('POST', '/v1/instances', { body: { id, name: id } })
})
afterAll(() => api.close())
const accountOf = (id: string) => api.call('GET', `/v1/instances/${id}/accounting`)

test('[B8] an instance that nothing came of yet has an empty account; one that there is not has none', async () => {
  expect((await accountOf('branch')).json).toEqual({
    ...{ instanceId: 'branch', announced: null, received: [], receivedAt: null, lastStanzaAt: null },
    ...{ epoch: null, numbered: null, appended: null, events: [], deliveriesAreAll: true, gaps: [] },
  })
  expect((await accountOf('nobody')).status).toBe(404)
  expect((await api.call('GET', '/v1/instances/shop/accounting', { key: null })).status).toBe(401)
})

test('[B8] it has what was announced and received, and of each type what is in the log, projected and a copy', async () => {
  const announced = {
    ...{ at: '2026-01-05T12:00:00.000Z', stanzas: 4, messages: 3, receipts: 1, notifications: 0, arrived: 4 },
    endedAt: '2026-01-05T12:00:01.000Z',
  }
  const row = { instanceId: 'shop', epoch: 3, numbered: 2, appended: 2, lastStanzaAt: Date.UTC(2026, 0, 5, 12), announced }
  await writeTogether(api.database, tallyWrites([{ ...row, received: { message: 2, receipt: 1, notification: 0, call: 0 } }]))
  const projection = await projectEvents(api, logger)
  const event = anEvent('message.received', { epoch: 3, sequence: 1 })
  const position = await appendEvents(api, [event, anEvent('unknown', { epoch: 3, sequence: 4 })])
  expect((await api.call('GET', `/v1/instances/shop?waitFor=${encodeURIComponent(position)}`)).status).toBe(200)
  await projection.close()
  const { status, json } = await accountOf('shop')
  expect(status).toBe(200)
  expect(json).toMatchObject({
    ...{ announced, epoch: 3, numbered: 2, appended: 2, lastStanzaAt: '2026-01-05T12:00:00.000Z' },
    received: [
      { stanza: 'message', received: 2 },
      { stanza: 'receipt', received: 1 },
    ],
    events: expect.arrayContaining([
      expect.objectContaining({ type: 'message.received', appended: 1, copies: 0, projected: 1, matched: 0, delivered: 0 }),
      expect.objectContaining({ type: 'unknown', appended: 1, copies: 0, projected: 1, matched: 0, delivered: 0 }),
    ]),
    gaps: [{ epoch: 3, firstSequence: 2, lastSequence: 3 }],
  })
})

test('[B8] readiness names a few of the numbers that are missing, and says how many more there are', () => {
  const gap = (n: number) => ({ instanceId: `shop-${n}`, epoch: 2, firstSequence: n, lastSequence: n })
  expect(gapCheck([])).toMatchObject({ state: 'ok' })
  expect(gapCheck([{ ...gap(1), lastSequence: 4 }])).toMatchObject({
    state: 'degraded',
    detail: expect.stringContaining('shop-1 epoch 2 sequences 1 to 4'),
  })
  expect(gapCheck([1, 2, 3, 4, 5, 6, 7].map(gap)).detail).toMatch(/shop-5 epoch 2 sequence 5; and 2 more$/)
})

test('[H1] a scrape has what waits, by what it waits for, with its age, and the depth of the dead letters; what cannot be read is absent', async () => {
  await api.database.query(
    `insert into commands (instance_id, command_id, digest, state, event_id, operation, chat_id, message_id, asked_at, expires_at, place, is_paced, due_at)
     select 'shop', 'c' || n, 'd', state, 'e' || n, 'message.send', chat, 'm' || n, now() - n * interval '1 minute', now() + interval '1 hour', n, false, due
     from (values (1, 'accepted', 'ana', null), (2, 'accepted', 'ana', null), (3, 'accepted', 'bia', now() + interval '1 hour'),
       (4, 'sending', 'caio', null), (9, 'completed', 'ana', null)) as given(n, state, chat, due)`,
  )
  await api.database.query(
    `insert into uploads (upload_id, instance_id, digest, state, source, kind, incoming_key, asked_at, expires_at)
     select 'u' || n, 'shop', 'd', state, 'upload', 'image', 'k' || n, now() - n * interval '1 minute', now() + interval '1 hour'
     from (values (1, 'pending'), (2, 'pending'), (3, 'processing'), (9, 'ready')) as given(n, state)`,
  )
  const { log, topic } = api.testLog
  const records = ['shop', 'branch', 'shop'].map(key => ({ key, value: Buffer.from('bad'), headers: {}, recordedAt: Date.now() }))
  await log.append({ topic: topic('dead-letters'), records }, AbortSignal.timeout(60_000))
  const metrics = createMetrics({ processMetrics: false })
  let isAway = false
  const query: typeof api.database.query = (...of) =>
    isAway ? Promise.reject(new Error('Postgres is away')) : api.database.query(...of)
  const watch = openQueueWatch({ ...api.testLog, database: { query }, partitions, metrics, logger, everyMs: 20 })
  try {
    const shown = async (series: string) => {
      const line = (await metrics.render()).split('\n').find(one => one.startsWith(`${series} `))
      return line === undefined ? null : Number(line.slice(series.length + 1))
    }
    await until('the dead letters to be counted', async () => (await shown('zaplog_dead_letter_records')) === 3)
    for (const [series, value] of [
      ['zaplog_commands_unfinished', 4],
      ['zaplog_commands_waiting{reason="start"}', 1],
      ['zaplog_commands_waiting{reason="earlier-command"}', 1],
      ['zaplog_commands_waiting{reason="retry"}', 1],
      ['zaplog_commands_waiting{reason="sending"}', 1],
      ['zaplog_commands_waiting{reason="pace"}', 0],
      ['zaplog_uploads_waiting{state="pending"}', 2],
      ['zaplog_uploads_waiting{state="processing"}', 1],
    ] as const)
      expect(await shown(series), series).toBe(value)
    expect(await shown('zaplog_commands_oldest_seconds')).toBeGreaterThanOrEqual(240)
    expect(await shown('zaplog_commands_oldest_seconds')).toBeLessThan(540)
    expect(await shown('zaplog_uploads_oldest_seconds')).toBeGreaterThanOrEqual(180)
    expect(await shown('zaplog_uploads_oldest_seconds')).toBeLessThan(540)
    isAway = true
    await until('commands to be unknown', async () => (await shown('zaplog_commands_unfinished')) === null)
    await until('uploads to be unknown', async () => (await shown('zaplog_uploads_oldest_seconds')) === null)
    expect(await shown('zaplog_commands_waiting{reason="start"}')).toBeNull()
    // Which of them are over only Postgres knows.
    await until('dead letters to be unknown', async () => (await shown('zaplog_dead_letter_records')) === null)
  } finally {
    await watch.close()
  }
})

test('[H1] the oldest upload is the oldest of all, also where more wait than are counted', async () => {
  await api.database.query(
    `insert into uploads (upload_id, instance_id, digest, state, source, kind, incoming_key, asked_at, expires_at)
     select 'many' || n, 'many', 'd', 'processing', 'url', 'image', 'k', now() - case when n > $1 then 7200 else 60 end * interval '1 second', now()
     from generate_series(1, $1::integer + 1) as n`,
    [MOST_UPLOADS],
  )
  const { processing, oldestSeconds } = await readWaitingUploads(api.database)
  expect(processing).toBe(MOST_UPLOADS)
  expect(oldestSeconds).toBeGreaterThanOrEqual(7_200)
})
