// What a rebuild is said to be: how far it is while it is followed, what was found, and the state after a swap, not before it.
import { expect, test } from 'vitest'
import { rebuild as rebuildAnswer } from '../../src/cli/answers.ts'
import { describeRebuild, progressOf, rebuildText } from '../../src/cli/describe-rebuild.ts'
import type { Progress } from '../../src/cli/progress-line.ts'
import { exchangeOnce, rebuildOnce } from '../../src/cli/rebuild.ts'
import { KEY } from '../ground/cli/refused.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'

const never = new AbortController().signal
const same = { rows: 600, rebuilt: 600, copied: 0, missing: 0, extra: 0, differing: 0, keys: [], unlike: [] }
const tables = [
  { ...same, table: 'messages' },
  { ...same, table: 'chats' },
]
const filling = rebuildAnswer.parse({
  ...{ id: 'rb_1', projection: 'read-model', state: 'filling', swap: 'auto', wanted: null, why: null },
  ...{ records: 2_000, read: 1_240, percent: 62, perSecond: 500, secondsLeft: 2, compared: null },
})
const comparing = { ...filling, state: 'comparing', read: 2_000, percent: null, perSecond: null, secondsLeft: null }
const ready = { ...comparing, state: 'ready', swap: 'manual', why: 'it waits to be swapped', compared: tables }
const about = { ...ready, wanted: 'swap', why: null }
const swapped = { ...ready, state: 'swapped', why: null }

test('[D3] [H7] a share is said while it is filled alone; what is compared has none, whatever it has read', () => {
  expect(progressOf(filling)).toMatchObject({
    share: 0.62,
    said: ['2 s left', '500 a second', 'read-model: filling', '1,240 of 2,000 read'],
  })
  expect(describeRebuild(filling)).toBe('read-model: filling, 62 % of 2,000 records, 500 a second, 2 s left')
  const { share, said, line } = progressOf({ ...comparing, percent: 100 })
  expect([share, said, line]).toEqual([null, [expect.stringContaining('compared')], expect.not.stringContaining('%')])
})

test('[D3] [H7] where every row is the same that is one sentence; else the tables are shown of which there is something to say', () => {
  expect(describeRebuild(ready)).toBe('read-model: ready, all 1,200 rows of 2 tables are the same, it waits to be swapped')
  expect(rebuildText(ready)).toContain('all 1,200 rows of 2 tables are the same')
  expect(rebuildText(ready)).not.toMatch(/missing|messages|chats/)
  const differs = {
    ...ready,
    compared: tables.map(one => (one.table === 'chats' ? { ...one, differing: 3, unlike: ['index late'] } : one)),
  }
  expect(describeRebuild(differs)).toContain('3 of 1,200 rows differ, not the same in both: index late of chats')
  const text = rebuildText(differs)
  expect(text).toMatch(/chats/)
  expect(text).not.toMatch(/messages/)
})

/** Answers one after another, the last one again and again. */
async function answering(...answers: readonly object[]) {
  const asked: string[] = []
  let turn = 0
  const { url } = await openLoopbackServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const answer = answers[Math.min(turn++, answers.length - 1)]
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  return { asked, api: { base: url, key: KEY, keyFrom: 'ADMIN_API_KEY', zaplog: 'zaplog' } }
}
function watched() {
  const stages: string[] = []
  return {
    stages,
    progress: { show: ({ line }: Progress) => stages.push(line), close: () => stages.push('closed') },
    stopping: never,
  }
}

test('[D3] [H7] a swap is waited for, and the state after it is said; without waiting what was asked for is', async () => {
  const { asked, api } = await answering(about, about, swapped)
  const how = watched()
  const { json, text } = await exchangeOnce(api, 'rb_1', 'swap', how)
  expect(json).toMatchObject({ state: 'swapped' })
  expect(text).toBe('read-model: swapped, all 1,200 rows of 2 tables are the same')
  expect(asked).toEqual(['POST /v1/rebuilds/rb_1/swap', 'GET /v1/rebuilds/rb_1', 'GET /v1/rebuilds/rb_1'])
  expect(how.stages.at(0)).toContain('about to be swapped in')
  expect(how.stages.at(-1)).toBe('closed')

  const other = await answering(about)
  expect((await exchangeOnce(other.api, 'rb_1', 'swap', { ...watched(), wait: false })).text).toContain('about to be swapped in')
  expect(other.asked).toHaveLength(1)
})

test('[D3] [H7] a rebuild is followed until it waits for somebody, and says why; one that fails is a failure', async () => {
  const { asked, api } = await answering(filling, comparing, ready)
  const { text } = await rebuildOnce(api, 'read-model', { swap: false }, watched())
  expect(text).toContain('it waits to be swapped')
  expect(asked).toHaveLength(3)
  const failing = await answering(filling, { ...filling, state: 'failed', why: 'the disk of Postgres is full' })
  await expect(rebuildOnce(failing.api, 'read-model', {}, watched())).rejects.toThrow('it failed: the disk of Postgres is full')
  const asleep = await answering(filling)
  const stopped = { ...watched(), stopping: AbortSignal.abort() }
  await expect(rebuildOnce(asleep.api, 'read-model', {}, stopped)).rejects.toThrow(
    'rebuilds status rb_1 --watch follows it again',
  )
  expect((await rebuildOnce(asleep.api, 'read-model', { wait: false }, watched())).text).toBe('rb_1')
})

test('[D3] [H7] one that a purge holds up goes on by itself, and is followed; one that differs waits for somebody, whatever was asked for', async () => {
  const heldUp = { ...ready, swap: 'auto', why: 'a purge is under way: it is waited for' }
  expect(describeRebuild(heldUp)).toContain('ready, its swap is next')
  const { asked, api } = await answering(filling, heldUp, heldUp, swapped)
  expect((await rebuildOnce(api, 'read-model', {}, watched())).json).toMatchObject({ state: 'swapped' })
  expect(asked).toHaveLength(4)

  const [first = same] = tables
  const others = [{ compared: [{ ...first, differing: 1 }] }, { leftOut: [{ instanceId: 'shop' }] }]
  for (const found of others) {
    const waits = rebuildAnswer.parse({ ...heldUp, why: 'swap it or cancel it', ...found })
    expect(describeRebuild(waits)).not.toContain('its swap is next')
    const other = await answering(filling, waits)
    expect((await rebuildOnce(other.api, 'read-model', {}, watched())).json).toMatchObject({ state: 'ready' })
  }
})
