// A database full of the first release's rows: its waiting chats are tried at once after the upgrade, its dead deliveries are counted.
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { migrate } from '../../src/database/migrate.ts'
import { claimDueLanes } from '../../src/webhooks/bridge/waiting-lanes.ts'
import { getEndpoint } from '../../src/webhooks/endpoints/endpoints.ts'
import { openTestDatabase } from '../ground/database.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { endpointDeps, never, testSealer } from '../ground/webhooks/open-stream.ts'

const logger = collectLogLines()
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
const LAST_OF_FIRST_RELEASE = '0060'
const migrations = new URL('../../infra/postgres/migrations/', import.meta.url)

it('[H1] [E5] lanes that wait for a day are tried at once, those of an endpoint that works keep their time, deaths are counted', async () => {
  const test = await openTestDatabase('standing migration', { empty: true })
  const directory = await mkdtemp(join(tmpdir(), 'zaplog-migrations-'))
  closing.push(test.close, () => rm(directory, { recursive: true }))
  for (const name of await readdir(migrations))
    if (name.slice(0, 4) <= LAST_OF_FIRST_RELEASE) await cp(new URL(name, migrations), join(directory, name))
  await migrate({ url: test.url, logger, directory }, never)
  const [away, well] = [`ep_${'a'.repeat(24)}`, `ep_${'b'.repeat(24)}`]
  const sealed = testSealer.seal(Buffer.from('null'), `webhook_endpoint_versions|${away}`)
  await test.database.query(`insert into webhook_endpoints (endpoint_id, version, enabled) values ($1, 1, true), ($2, 1, true)`, [
    away,
    well,
  ])
  await test.database.query(
    `insert into webhook_endpoint_versions (endpoint_id, version, url, lane_order, format, headers_sealed, media_holds_chat)
     values ($1, 1, 'https://example.com/', 'chat', 'zaplog', $2, true)`,
    [away, sealed],
  )
  await test.database.query(
    `insert into webhook_waiting_lanes (lane, endpoint_id, due_at) values ('away', $1, now() + interval '20 hours'), ('well', $2, now())`,
    [away, well],
  )
  await test.database.query(
    `insert into webhook_deliveries (delivery_id, endpoint_id, endpoint_version, event_id, instance_id, lane, webhook_type, state, error)
     values ('e_1', $1, 1, 'e', 'shop', 'l', 'message.received', 'dead', 'failing since 900 s while the endpoint takes others')`,
    [away],
  )
  await migrate({ url: test.url, logger }, never)
  const claims = await claimDueLanes(test.database, { member: 'one', perEndpoint: 10, claimMs: 60_000 })
  expect(claims.map(one => one.lane).sort()).toEqual(['away', 'well'])
  expect(await getEndpoint(endpointDeps(test), away)).toMatchObject({ failingSince: expect.stringMatching(/Z$/), deadLetters: 1 })
})
