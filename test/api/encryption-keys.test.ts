// Guarantee: whoever has the administrator's key sees what is sealed with which key, and has it sealed anew, call by call, over HTTP and by the verb.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rotate } from '../../src/cli/keys.ts'
import { createSealer } from '../../src/runtime/seal.ts'
import { adminKey, openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { sealUnmarked } from '../ground/seal-unmarked.ts'

let api: TestApi
beforeAll(async () => {
  api = await openTestApi('encryption-keys', collectLogLines())
})
afterAll(() => api.close())

const stranger = createSealer({ current: Buffer.alloc(32, 9), previous: null })
const sealed = 'select sealed from secrets where name = $1'
const keep = (name: string, value: Buffer) =>
  api.database.query(
    'insert into secrets (name, sealed) values ($1, $2) on conflict (name) do update set sealed = excluded.sealed',
    [name, value],
  )
const forVerb = () => ({ base: api.url, key: adminKey, keyFrom: 'the test', zaplog: 'zaplog' })

test('[H9] a page says how much is under which key, changes nothing, and names the next one', async () => {
  await keep('one', sealUnmarked(Buffer.alloc(32, 7), 'secret', 'secrets|one'))
  const keys: Record<string, number> = {}
  let next: unknown = null
  do {
    const path = next === null ? '/v1/encryption-keys' : `/v1/encryption-keys?from=${next}`
    const { status, json } = await api.call('GET', path)
    expect(status).toBe(200)
    expect(json).toMatchObject({ keyId: api.sealer.keyId, keyIds: [api.sealer.keyId] })
    for (const [id, count] of Object.entries(json.keys as Record<string, number>)) keys[id] = (keys[id] ?? 0) + count
    next = json.next
  } while (next !== null)
  expect(keys).toEqual({ unmarked: 1 })
})

test('[H9] the verb seals all of it anew and says so; what no key opens it says with its id, and fails', async () => {
  await keep('one', sealUnmarked(Buffer.alloc(32, 7), 'secret', 'secrets|one'))
  const done = await rotate(forVerb(), () => undefined)
  expect(done.json).toMatchObject({ keyId: api.sealer.keyId, values: 1, resealed: 1, others: 0, keys: { [api.sealer.keyId]: 1 } })
  expect(done.text).toContain(`0 under other keys than ${api.sealer.keyId}`)
  const [row] = await api.database.query<{ sealed: Buffer }>(sealed, ['one'])
  expect(api.sealer.open(row?.sealed ?? Buffer.alloc(0), 'secrets|one').toString()).toBe('secret')

  await keep('lost', stranger.seal(Buffer.from('secret'), 'secrets|lost'))
  await expect(rotate(forVerb(), () => undefined)).rejects.toThrow(`give the key ${stranger.keyId} as ENCRYPTION_KEY_PREVIOUS`)
  await keep('lost', sealUnmarked(Buffer.alloc(32, 8), 'secret', 'secrets|lost'))
  await expect(rotate(forVerb(), () => undefined)).rejects.toThrow(
    'whose key is not given, or damaged: give each key that it ever had',
  )
})

test('[H9] [I3] a cursor that is none is refused by its name', async () => {
  for (const cursor of [
    'x',
    Buffer.from('["nothing.here"]').toString('base64url'),
    Buffer.from('["secrets.sealed","a","b"]').toString('base64url'),
  ]) {
    const { status, json } = await api.call('POST', '/v1/encryption-keys/rotate', { body: { from: cursor } })
    expect(status).toBe(422)
    expect(json).toMatchObject({ errors: [{ pointer: '/from' }] })
  }
})
