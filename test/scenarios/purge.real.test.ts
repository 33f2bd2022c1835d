// Guarantee: a purge erases every row and every object of its account, under live traffic and whatever is killed meanwhile; nothing brings
// it back, and no other account notices.
import { expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import type { SimDevice } from '../../simulator/accounts/device.ts'
import { image } from '../../simulator/media/media.ts'
import { sampleJpeg } from '../../simulator/media/sample-media.ts'
import type { Database } from '../../src/database/database.ts'
import { openPostgres } from '../../src/database/postgres.ts'
import { keptTables } from '../../src/purge/erasures.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { countNaming, readTables } from '../ground/purge/filled-tables.ts'
import type { CrashPlan, CrashPoint } from '../ground/scenarios/crash-plan.ts'
import { databaseUrlOf } from '../ground/scenarios/its-postgres.ts'
import { onEachSetup, type Setup } from '../ground/scenarios/setups.ts'
import { INSTANCE, pair, type Stage, untilDelivered } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
const BRANCH = { id: 'branch', pn: '5511900000002', name: 'Branch' }
/**
 * Where it dies, shared out over the setups, because a start takes its time; test/purge has every step. The first is armed by hand, before
 * the purge is asked for; the others count from the start of the process that goes on.
 */
const kills: Readonly<Record<Setup['name'], readonly CrashPoint[]>> = {
  'embedded parts': [
    { at: 'statement', when: 'committed', contains: 'insert into purges' },
    { at: 'append', when: 'after', topic: 'events', eventType: 'instance.deleted' },
    { at: 'statement', when: 'before', contains: 'delete from webhook_deliveries where' },
  ],
  'external parts': [
    { at: 'statement', when: 'committed', contains: 'delete from read_model_1.messages where' },
    { at: 'statement', when: 'before', contains: 'delete from incoming_objects where' },
  ],
}
/** Five processes, one after the other, on parts that may have to start first. */
const timeout = 240_000

onEachSetup(setup => {
  test('[A7] [B2] a purge that is killed again and again erases all of its account and nothing of another', {
    timeout,
  }, async () => {
    const [first, ...following] = kills[setup.name].map((point): CrashPlan => ({ point }))
    const stage = await setup.openStage({
      ...(first !== undefined && { plan: first }),
      shortSessions: true,
      endpoint: { holdMedia: 'until-settled', mediaHoldsChat: false },
      env: { MEDIA_IDLE_TIMEOUT: '60s' },
    })
    try {
      const branch = await pair(stage.zaplog(), stage.simulator, BRANCH)
      const { url, kept } = await fill(stage, branch)
      const traffic = beginTraffic(stage, branch)
      await traffic.untilBranchHas(1)

      stage.zaplog().arm()
      await stage
        .zaplog()
        .call('DELETE', `/v1/instances/${INSTANCE}?purge=true`)
        .catch(() => undefined) // it dies before it answers
      await stage.zaplog().ended
      for (const plan of following) await stage.launch({ ...plan, armed: true }).ended
      await stage.restart()
      await untilPurged(stage)
      const sent = await traffic.end()

      await untilDelivered(stage.receiver, [...kept, ...sent], 60_000)
      await expectNothingOf(stage, url)
      await expectBranch(stage, [...kept, ...sent])

      await readAllAgain(stage)
      const later = await stage.device
        .send(stage.simulator.contact({ pn: '5511900000011' }), text('nobody hears this'))
        .catch(() => null)
      const last = await branch.send(stage.simulator.contact({ pn: '5511900000012' }), text('after all'))
      await untilDelivered(stage.receiver, [last], 60_000)
      await untilRead(stage)
      await expectNothingOf(stage, url)
      await expectBranch(stage, [...kept, ...sent, last])
      expect(stage.receiver.accepted.some(one => one.body.data.messageId === later)).toBe(false)
    } finally {
      await stage.close()
    }
  })
})

/** Texts, a picture with its thumbnail and its link, a delivery that is held for a file that never comes, and one that waits as a row. */
async function fill(stage: Stage, branch: SimDevice) {
  const { simulator, device, receiver } = stage
  await stage.zaplog().call('POST', '/v1/endpoints', { url: receiver.url, enabled: false })
  const [ana, bia] = [simulator.contact({ pn: '5511900000011' }), simulator.contact({ pn: '5511900000012' })]
  const picture = await device.send(ana, image(simulator.cdn, { bytes: await sampleJpeg() }))
  const kept = [await branch.send(bia, image(simulator.cdn, { bytes: await sampleJpeg({ width: 64 }) }))]
  for (let n = 0; n < 5; n++) await device.send(ana, text(`hello ${n}`))
  await untilDelivered(receiver, [picture, ...kept])
  const stalled = image(simulator.cdn, { bytes: await sampleJpeg({ width: 128 }) })
  simulator.cdn.fault(String(stalled.imageMessage?.directPath), { kind: 'stall', atByte: 100 })
  await device.send(bia, stalled)
  const database = await openItsDatabase(stage)
  for (const table of ['webhook_held', 'webhook_waiting'])
    await until(`rows of ${table}`, async () => (await countNaming(database, table, INSTANCE)) > 0)
  await database.close()
  const media = receiver.accepted.find(one => one.body.data.messageId === picture)?.body.data.media as { url: string }
  expect((await fetch(media.url)).status).toBe(200)
  return { url: media.url, kept }
}

/** Both accounts go on hearing from people until it ends; answers what the branch was sent. */
function beginTraffic({ simulator, device, receiver }: Stage, branch: SimDevice) {
  const sent: string[] = []
  let going = true
  const done = (async () => {
    for (let n = 0; going; n++) {
      sent.push(await branch.send(simulator.contact({ pn: '5511900000012' }), text(`meanwhile ${n}`)))
      await device.send(simulator.contact({ pn: '5511900000011' }), text(`meanwhile ${n}`)).catch(() => undefined) // once it is unlinked
      await new Promise(resolve => setTimeout(resolve, 250)) // people take their time
    }
  })()
  return {
    untilBranchHas: (count: number) => until('traffic to arrive', () => sent.length >= count && receiver.accepted.length > 3),
    end: async () => {
      going = false
      await done
      return sent
    },
  }
}

const untilPurged = (stage: Stage) =>
  until(
    'the purge to be done',
    async () => (await stage.zaplog().call('GET', `/v1/instances/${INSTANCE}/purge`)).body.state === 'done',
    60_000,
  )

/** From outside, in Postgres and in the store: its id, its tombstone and what the log keeps. */
async function expectNothingOf(stage: Stage, url: string): Promise<void> {
  const call = stage.zaplog().call
  expect((await call('GET', `/v1/instances/${INSTANCE}`)).status).toBe(404)
  expect((await call('GET', `/v1/instances/${INSTANCE}/messages`)).status).toBe(404)
  expect((await call('POST', '/v1/instances', { id: INSTANCE, name: 'Again' })).status).toBe(409)
  const port = new URL(stage.zaplog().url).port
  expect((await fetch(Object.assign(new URL(url), { port }))).status).toBeOneOf([404, 410])
  const { body } = await call('GET', '/v1/deliveries?limit=200')
  expect((body.data as { instanceId: string }[]).filter(one => one.instanceId === INSTANCE)).toEqual([])
  const database = await openItsDatabase(stage)
  const left: string[] = []
  for (const table of await readTables(database))
    if (!(table in keptTables) && (await countNaming(database, table, INSTANCE)) > 0) left.push(table)
  await database.close()
  expect(left).toEqual([])
  const objects = await stage.ground.openObjects()
  const keys = (await Array.fromAsync(objects.list('', never))).map(one => one.key)
  expect(keys.filter(key => key.split('/').includes(INSTANCE))).toEqual([])
  expect(keys.filter(key => key.includes('branch/')).length).toBeGreaterThan(0)
}

/** Each message once in effect, in order, with its file. */
async function expectBranch(stage: Stage, messageIds: readonly string[]): Promise<void> {
  const arrived = stage.receiver.accepted.filter(
    ({ body }) => body.type === 'message.received' && body.data.instanceId === BRANCH.id,
  )
  expect(arrived.map(one => one.body.data.messageId)).toEqual(messageIds)
  await until('the branch’s rows', async () => {
    const { body } = await stage.zaplog().call('GET', `/v1/instances/${BRANCH.id}/chats`)
    return (body.data as unknown[]).length === 1
  })
}

/** As a rebuild of the projections, and of what the processors have done. */
async function readAllAgain(stage: Stage): Promise<void> {
  await stage.kill()
  const database = await openItsDatabase(stage)
  await database.query(
    `update projection_checkpoints set revision = revision + 1, offsets = (select jsonb_object_agg(key, '0') from jsonb_each(offsets)) where projection = 'read-model'`,
  )
  await database.query(`delete from projection_seen where projection = 'read-model'`)
  await database.query(`update log_progress set next_offset = 0, finished = '[]' where group_name like '%media%'`)
  await database.close()
  await stage.restart()
}

/** Every checkpoint is where no projection has anything before it. */
const untilRead = (stage: Stage) =>
  until('all to be read again', async () => {
    const { body } = await stage.zaplog().call('GET', `/v1/instances/${BRANCH.id}/messages?limit=200`)
    return (body.data as { text?: string }[]).some(one => one.text === 'after all')
  })

async function openItsDatabase({ ground, dataDir }: Stage): Promise<Database> {
  const url = ground.env.DATABASE_URL ?? databaseUrlOf(dataDir)
  return openPostgres({ url, poolSize: 1, applicationName: 'scenario', logger: createLogger({ level: 'silent' }) })
}
