// Whoever asks for a log-out or a deletion gets the device unlinked at WhatsApp, whatever the socket is doing; or is told that it was not.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openRig, type Rig } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('leaving', logger)
})
afterEach(async () => {
  await rig.close()
})

const areCredsErased = async () => (await rig.database.database.query('select 1 from auth_creds')).length === 0

test('[A1] [A7] a log-out asked for while nothing runs unlinks the device at the next start', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  await role.close()
  const events = (await rig.events()).length
  device.setBlocked(['200@lid'])
  await rig.want('first', `wanted = 'logged-out'`)
  await rig.start()
  const state = await rig.untilState('first', 'logged-out')
  expect(state.reasonText).toBe('Asked for by an operator.')
  await until('the device is unlinked', device.isRemoved)
  await until('the auth state is erased', areCredsErased)
  expect(await rig.eventsOf('instance.logged-out')).toHaveLength(1)
  const said = (await rig.events()).slice(events).map(({ type }) => type)
  expect(new Set(said)).toEqual(new Set(['instance.state-changed', 'instance.logged-out']))
})

test('[A1] [A7] an instance that rests is connected once more to be unlinked before it is deleted', async () => {
  await rig.start()
  const device = await rig.pair('first')
  device.streamError('conflict')
  await rig.untilState('first', 'closed')
  await rig.want('first', `wanted = 'deleted'`)
  await rig.untilEvents('instance.deleted', 1)
  expect(device.isRemoved()).toBe(true)
  await until('the auth state is erased', areCredsErased)
})

test('[A1] [A7] a device that WhatsApp does not let in to unlink itself is deleted all the same, and the reason says so', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  await role.close()
  device.refuseLogin(503)
  await rig.want('first', `wanted = 'deleted'`)
  await rig.start()
  await rig.untilEvents('instance.deleted', 1)
  const [loggedOut] = await rig.eventsOf('instance.logged-out')
  expect(loggedOut?.reason).toContain('could not be unlinked')
  expect((await rig.untilState('first', 'logged-out')).reasonText).toContain('Remove it on the phone')
  expect(device.isRemoved()).toBe(false)
  await until('the auth state is erased', areCredsErased)
})

test.each([
  ['open', async () => void (await rig.pair('first')), 'The instance is deleted. WhatsApp has unlinked this device.'],
  [
    'waiting for its code to be scanned',
    async () => {
      await rig.create('first')
      await rig.qrOf('first')
    },
    'The instance is deleted.',
  ],
])(
  '[A1] [H3] a deletion while it is %s is called one, in the log lines and in its states, and no restart',
  async (_, begin, said) => {
    const before = logger.lines.length
    await rig.start()
    await begin()
    await rig.want('first', `wanted = 'deleted'`)
    await rig.untilEvents('instance.deleted', 1)
    const lineOf = (event: string) => logger.lines.slice(before).findLast(line => line.event === event)?.fields
    const line = await until('a line says so', () => lineOf('instance.deleted'))
    expect(line).toMatchObject({ instanceId: 'first', reasonText: 'Asked for by an operator.' })
    expect(lineOf('socket.closed')).toMatchObject({ reasonText: said })
    const texts = (await rig.eventsOf('instance.state-changed')).map(({ reasonText }) => reasonText)
    expect(texts.join()).not.toContain('restart')
  },
)

test('[A1] an end that the database does not take is tried again after a pause, which a new wish ends', async () => {
  let failures = 0
  const database = flaky(rig.database.database, ({ name, args: [sql] }) => {
    if (name !== 'query' || !String(sql).includes('creds as (delete')) return null
    failures += 1
    return { fail: new Error('the database is away') }
  })
  await rig.start({ database, backoff: { baseMs: 60_000, capMs: 60_000, probeCapMs: 60_000 } })
  await rig.create('lonely')
  await rig.qrOf('lonely')
  await rig.want('lonely', `wanted = 'logged-out'`)
  await until('the auth state could not be erased', () => failures > 0)
  await rig.want('lonely', `wanted = 'running', restart_count = restart_count + 1`)
  await until('it shows a code again', async () => {
    const states = (await rig.eventsOf('instance.state-changed')).map(({ state }) => state)
    return states.lastIndexOf('qr') > states.indexOf('logged-out')
  })
  expect(failures).toBe(1)
  expect(await rig.eventsOf('instance.logged-out')).toHaveLength(1)
})

test('[A1] a wall clock that goes back stops no connect', async () => {
  let agoMs = 0
  await rig.start({ clock: () => Date.now() - agoMs })
  const device = await rig.pair('first')
  agoMs = 3_600_000
  device.drop()
  await rig.untilState('first', 'reconnecting')
  await rig.untilState('first', 'open')
})

test('[A7] an account that is purged leaves WhatsApp without a word of its own about the deletion; once it is being erased nobody owns it again', async () => {
  const role = await rig.start()
  const device = await rig.pair('first')
  const { query } = rig.database.database
  await query(`insert into purges (instance_id, request_id, requested_by) values ('first', 'r', 'test')`)
  await rig.want('first', `wanted = 'deleted'`)
  await until(
    'it is given up',
    async () => (await query(`select 1 from instance_owners where parked_for = 'deleted/0'`)).length === 1,
  )
  expect(device.isRemoved()).toBe(true)
  expect((await rig.eventsOf('instance.logged-out')).length).toBe(1)
  expect(await rig.eventsOf('instance.deleted')).toEqual([])

  await query(`update purges set step = 'announce'`)
  await query('delete from instance_owners')
  await role.close()
  const next = await rig.start()
  await rig.pair('second', '5511900000002')
  expect(next.checks()[0]?.detail).toBe('1 open')
  expect(await query('select instance_id from instance_owners')).toEqual([{ instance_id: 'second' }])
})
