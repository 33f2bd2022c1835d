// A cursor that nobody gave is told to whoever sent it, by every list there is: it is no failure of ours.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'

let api: TestApi
beforeAll(async () => {
  api = await openTestApi('forged cursors', collectLogLines())
  await api.call('POST', '/v1/instances', { body: { id: 'shop', name: 'Shop' } })
})
afterAll(() => api.close())

/** `{id}` is an instance that there is. */
async function lists(): Promise<readonly string[]> {
  type Described = Record<string, { get?: { parameters?: readonly { name: string }[] } }>
  const described = (await api.call('GET', '/openapi.json')).json.paths as Described
  return Object.entries(described).flatMap(([path, { get }]) =>
    get?.parameters?.some(one => one.name === 'cursor') ? [path.replaceAll(/\{\w+\}/g, 'shop')] : [],
  )
}

/** Each list takes one of the first ones. */
const ids = ['shop', '0'.repeat(32), ...['dl', 'ep', 'rb', 'rp'].map(of => `${of}_${'0'.repeat(24)}`), 'a\0b']
/** Later than Postgres, or JavaScript, knows an instant, or before all. */
const places = ['9'.repeat(30), '9'.repeat(18), '9'.repeat(16), '9'.repeat(15), '-1']
const forged = [
  ...ids.map(id => [id]),
  ...places.flatMap(place => ids.map(id => [place, id])),
  ...[1e300, 8.64e15, -8.64e15].flatMap(at => [
    [at, 'x'],
    [at, '1', 'x'],
    [at, '9'.repeat(19), '1', 'x'],
  ]),
  ...[null, {}, []],
].map(parts => Buffer.from(JSON.stringify(parts)).toString('base64url'))

test('[I3] every list refuses a forged cursor, or reads from where it says', async () => {
  const failed: string[] = []
  const found = await lists()
  expect(found.length).toBeGreaterThan(10)
  for (const path of found)
    for (const cursor of [...forged, '%00', 'no-cursor']) {
      const { status } = await api.call('GET', `${path}?cursor=${cursor}`)
      if (status >= 500) failed.push(`${path} ${Buffer.from(cursor, 'base64url')}`)
    }
  expect(failed).toEqual([])
})
