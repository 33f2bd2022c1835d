// How far the phone's history is, over HTTP and in words.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { history } from '../../src/cli/answers.ts'
import { describeHistory } from '../../src/cli/instance-history.ts'
import { beginSync, endSync, type HistorySync, moveSync } from '../../src/instances/history-syncs.ts'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
let api: TestApi
beforeAll(async () => {
  api = await openTestApi('api-history', logger)
  for (const id of ['shop', 'branch'])
    await api.call('POST', '/v1/instances', { body: { id, name: id, settings: { historySync: id === 'shop' } } })
})
afterAll(() => api.close())
const historyOf = async (id: string) => (await api.call('GET', `/v1/instances/${id}/history`)).json

async function begin(eventId: string, chunk: number): Promise<HistorySync> {
  const part = { instanceId: 'shop', eventId, epoch: 1, sequence: chunk, syncType: 'recent', chunk, percent: 10 * chunk }
  const position = { topic: 'wa.events', partition: 0, nextOffset: 7n }
  const sync = await beginSync(api.database, { ...part, withoutMessages: false, position })
  if (sync === null) throw new Error('expected a row, got none')
  return sync
}

test('[B6] an instance whose phone has shared nothing has no history; one that there is not is 404', async () => {
  const none = { state: 'none', failed: 0, messages: 0, people: 0, parts: [] }
  expect(await historyOf('branch')).toEqual({ instanceId: 'branch', historySync: false, ...none })
  expect(await historyOf('shop')).toEqual({ instanceId: 'shop', historySync: true, ...none })
  expect((await api.call('GET', '/v1/instances/nobody/history')).status).toBe(404)
  expect((await api.call('GET', '/v1/instances/shop/history', { key: null })).status).toBe(401)
})

test('[B6] it runs while a part does, has failed once the newest has and nothing runs, and says of each part how far it is', async () => {
  const [first, second] = [await begin('a'.repeat(32), 1), await begin('b'.repeat(32), 2)]
  await moveSync(api.database, first, { entriesDone: 5, messages: 4, people: 1, unreadable: 2 })
  await endSync(api.database, { ...first, entriesDone: 5 }, null)
  await moveSync(api.database, second, { entriesDone: 3, messages: 3, people: 0, unreadable: 0 })
  const part = { syncType: 'recent', withoutMessages: false, startedAt: expect.any(String), updatedAt: expect.any(String) }
  const done = { ...part, eventId: 'a'.repeat(32), chunk: 1, percent: 10, state: 'completed', done: 4, total: 4, unreadable: 2 }
  const more = {
    ...part,
    eventId: 'b'.repeat(32),
    chunk: 2,
    percent: 20,
    state: 'progressed',
    done: 3,
    total: null,
    unreadable: 0,
  }
  const well = { reason: null, detail: null }
  const running = await historyOf('shop')
  expect(running).toEqual({
    ...{ instanceId: 'shop', historySync: true, state: 'running', failed: 0, messages: 7, people: 1 },
    parts: [
      { ...more, ...well },
      { ...done, ...well },
    ],
  })
  await endSync(api.database, { ...second, entriesDone: 3 }, { reason: 'gone', detail: 'it is not there' })
  const failed = await historyOf('shop')
  expect(failed).toMatchObject({
    state: 'failed',
    failed: 1,
    parts: [{ state: 'failed', reason: 'gone', detail: 'it is not there' }, {}],
  })
  const text = describeHistory(history.parse(failed))
  expect(text.split('\n')[0]).toBe('history failed, with messages; 7 messages, 1 records of people and chats')
  for (const word of ['4 of 4', '20 %', 'it is not there']) expect(text).toContain(word)
  const parsed = history.parse(failed)
  const parts = parsed.parts.map(one => ({ ...one, withoutMessages: true }))
  const leftOut = describeHistory({ ...parsed, historySync: false, parts })
  expect(leftOut.split('\n')[0]).toBe(
    'history failed, without messages: historySync is off; 7 messages passed over, 1 records of people and chats',
  )
  await endSync(api.database, await begin('c'.repeat(32), 3), null)
  expect(await historyOf('shop'), 'what came later is done').toMatchObject({ state: 'done', failed: 1 })
})
