// Guarantee: a database that was restored beside a log which went on does nothing of that a second time, and whatever else waits goes on; one that was
// never restored notices nothing.
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import type { EventOf } from '../../src/events/event.ts'
import { commandIds, outcomeId } from '../../src/instances/command-ids.ts'
import { claimCommands } from '../../src/instances/commands-claimed.ts'
import { readCommand } from '../../src/instances/commands-shown.ts'
import { takeEpoch } from '../../src/instances/instance-owners.ts'
import { partitionOf } from '../../src/log/append/partitioner.ts'
import { goOnBehindLog } from '../../src/main/log-ahead.ts'
import { makeProgress } from '../../src/main/make-progress.ts'
import { commands } from '../../src/projections/commands/commands.ts'
import { openProjections } from '../../src/projections/open-projections.ts'
import type { Projection } from '../../src/projections/projection.ts'
import { requestResume } from '../../src/projections/quarantine.ts'
import { openLostCommands } from '../../src/projections/tell-lost-commands.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import type { Role } from '../../src/runtime/role.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { anEvent, somebody } from '../ground/events.ts'
import { openTestLog, type TestLog } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/projection-dsl.ts'
import { claimAll } from '../ground/projections/asked-commands.ts'
import { fillTables } from '../ground/purge/filled-tables.ts'
import { until } from '../ground/until.ts'

const PARTITIONS = 2
const logger = collectLogLines(['database.older-than-log', 'projection.quarantined', 'commands.forgotten-by-log'])
const consumerGroup = (name: string) => `zaplog.${name}`
let here: TestDatabase
let log: TestLog
let roles: Role[] = []
beforeEach(async () => {
  here = await openTestDatabase('log ahead', { poolSize: 6, logger })
  log = await openTestLog(here, { partitions: PARTITIONS, logger })
  await beginHere()
})
async function beginHere() {
  await fillTables(here.database, 'shop', ['instance_ids'])
  await here.database.query(`update instance_ids set wanted = 'running'`)
  await takeEpoch(here.database, 'shop')
  await makeProgress({ ...log, database: here.database, claimLog: async () => undefined, consumerGroup }, PARTITIONS, never)
}
afterEach(async () => {
  await rest()
  await log.close()
  await here.close()
})
async function rest() {
  for (const role of roles) await role.close()
  roles = []
}

const accepted = (key: string, given: Partial<EventOf<'command.accepted'>> = {}) =>
  anEvent('command.accepted', {
    ...{ ...commandIds({ instanceId: 'shop', key }), body: JSON.stringify({ chatId: somebody.lid, kind: 'text', text: 'oi' }) },
    ...{ occurredAt: Date.now(), expiresAt: Date.now() + 3_600_000, chatId: somebody.lid, ...given },
  })
const archive = { operation: 'chat.archive', body: JSON.stringify({ chatId: somebody.lid }) }
type Accepted = ReturnType<typeof accepted>
const done = ({ instanceId, commandId, eventId, operation }: Accepted, epoch = 1) =>
  anEvent('command.completed', { instanceId, commandId, operation, epoch, eventId: outcomeId(eventId), tries: 1 })
const append = (topic: 'commands' | 'events', ...events: Parameters<TestLog['codec']['encode']>[0][]) =>
  log.log.append({ topic: log.topic(topic), records: events.map(event => log.codec.encode(event)) }, never)
const project = (projection: Projection = commands) =>
  roles.push(
    openProjections({
      ...{ ...log, database: here.database, consumerGroup, partitions: PARTITIONS, logger },
      ...{ metrics: createMetrics({ processMetrics: false }), projections: [projection] },
    }),
  )
/** What the database has when it is kept. */
async function begin(...events: Accepted[]): Promise<void> {
  await append('commands', ...events)
  project()
  for (const { commandId } of events) await until('its row', async () => (await shown(commandId)) !== null)
  await rest()
}
const shown = (commandId: string, instanceId = 'shop') => readCommand(here.database, instanceId, commandId)
/** As over a log in another server. */
const start = () =>
  goOnBehindLog({ ...log, log: { ...log.log, inside: null }, database: here.database, consumerGroup, logger }, never)
const claim = async (epoch = 1, instanceId = 'shop') => {
  const claimed = await claimCommands(here.database, { instanceId, epoch }, claimAll)
  return claimed.map(({ command_id, tries, is_unanswered, outcome }) => ({ command_id, tries, is_unanswered, outcome }))
}
const partition = (key: string) => partitionOf(key, PARTITIONS)
function tell(over: Partial<TestLog['log']> = {}): Role {
  const deps = { ...log, log: { ...log.log, ...over }, database: here.database, partitionOf: partition }
  const role = openLostCommands({ ...deps, clock: Date.now, logger, everyMs: 20 })
  roles.push(role)
  return role
}
const untilLearnt = () =>
  until(
    'all is learnt',
    async () => (await here.database.query('select from commands_begin where not is_told and next_offset > 0')).length === 0,
  )
async function learn(): Promise<void> {
  project()
  tell()
  await untilLearnt()
  await rest()
}
const warned = () => logger.lines.filter(({ event }) => event === 'database.older-than-log').length

test('[H9] [F1] what was done after the backup is not tried again, whether it was accepted before it or after; nothing is tried before that is known', async () => {
  const before = warned()
  const [waiting, action, left] = [
    accepted('1'),
    accepted('2', archive),
    accepted('3', { chatId: '5511900000077@s.whatsapp.net' }),
  ]
  await begin(waiting, action)
  const later = accepted('4', archive)
  await append('commands', later, left)
  await append('events', done(waiting), done(action), done(later))
  await start()
  expect(warned()).toBe(before + 1)
  const now = accepted('5', { chatId: '5511900000078@s.whatsapp.net' })
  await append('commands', now)
  project()
  await until('its row', async () => (await shown(now.commandId))?.state === 'waiting')
  await rest()
  expect(await claim()).toEqual([])
  expect((await shown(now.commandId))?.waitsFor).toMatchObject({ reason: 'log' })
  await learn()
  for (const one of [waiting, action, later]) expect(await shown(one.commandId)).toMatchObject({ state: 'completed', tries: 1 })
  expect(await claim()).toEqual([
    { command_id: left.commandId, tries: 0, is_unanswered: true, outcome: null },
    { command_id: now.commandId, tries: 0, is_unanswered: false, outcome: null },
  ])
})

test('[H9] [F1] of what the log says nothing a message goes out under its id, anything else counts as tried; unknown is what is past its time, or of an instance that is not there', async () => {
  const other = { chatId: '5511900000077@s.whatsapp.net' }
  const [message, action, late] = [
    accepted('1'),
    accepted('2', { ...archive, ...other }),
    accepted('3', { expiresAt: Date.now() - 1 }),
  ]
  await begin(message, action, late)
  const [told, elsewhere] = [
    accepted('4'),
    accepted('5', { ...commandIds({ instanceId: 'store', key: '5' }), instanceId: 'store' }),
  ]
  await append('commands', told)
  await append('commands', elsewhere)
  await append('events', done(told))
  await start()
  await learn()
  expect(await claim()).toEqual(
    expect.arrayContaining([
      { command_id: message.commandId, tries: 0, is_unanswered: true, outcome: null },
      { command_id: action.commandId, tries: 1, is_unanswered: true, outcome: null },
    ]),
  )
  const unknown = { state: 'failed', outcome: { reason: 'outcome-unknown' } }
  expect(await shown(late.commandId)).toMatchObject(unknown)
  expect(await readCommand(here.database, 'store', elsewhere.commandId)).toMatchObject(unknown)
})

test('[H9] an epoch that it never gave says it, too, and the next one is beyond that', async () => {
  const before = warned()
  const waiting = accepted('1')
  await begin(waiting)
  await append('events', anEvent('message.received', { epoch: 9 }), anEvent('message.received', { epoch: 10 ** 12 + 1 }))
  await start()
  expect(warned()).toBe(before + 1)
  expect((await takeEpoch(here.database, 'shop')).epoch).toBe(10)
  await learn()
  expect(await claim(10)).toMatchObject([{ command_id: waiting.commandId }])
})

test('[H9] a database that was never restored goes on as it was, whatever of the log it has not read; so does one whose commands are learnt, at its next start', async () => {
  const before = warned()
  const [waiting, ended] = [accepted('1'), accepted('2', archive)]
  await begin(waiting, ended)
  await here.database.query(`update commands set state = 'ending' where command_id = $1`, [ended.commandId])
  await append('events', done(ended), anEvent('message.received'))
  await append('commands', accepted('3'))
  await start()
  expect(warned()).toBe(before)
  expect((await claim()).map(one => one.command_id)).toContain(waiting.commandId)
  await append('events', done(waiting))
  await start()
  expect(warned()).toBe(before + 1)
  await start()
  await learn()
  await start()
  expect(warned()).toBe(before + 1)
  expect(await shown(waiting.commandId)).toMatchObject({ state: 'completed' })
})

test('[H9] [F1] whoever tells what came of commands hears of those of a database that another process finds to be older, later; until then it says that nothing is tried', async () => {
  const waiting = accepted('1', archive)
  await begin(waiting)
  const role = tell()
  await until('it has looked', async () => role.checks().length === 0)
  await append('events', done(waiting))
  await start()
  await until('it says so', async () => role.checks().some(({ name }) => name === 'commands of an older database'))
  project()
  await untilLearnt()
  expect(await shown(waiting.commandId)).toMatchObject({ state: 'completed' })
  await until('nothing is left to say', async () => role.checks().length === 0)
})

test('[H9] [F1] an account that the projection leaves out holds nobody else up; what came of its commands is learnt once it is resumed', async () => {
  await fillTables(here.database, 'store', ['instance_ids'])
  await here.database.query(`update instance_ids set wanted = 'running'`)
  const { epoch } = await takeEpoch(here.database, 'store')
  const ofStore = { ...commandIds({ instanceId: 'store', key: '1' }), instanceId: 'store' }
  const [left, other] = [accepted('1', archive), accepted('1', ofStore)]
  await append('commands', left)
  await append('commands', other)
  await append('events', done(left))
  await start()
  let isBroken = true
  project({
    ...commands,
    gather: placed => {
      if (isBroken && placed.some(({ event }) => event.instanceId === 'shop')) throw new TypeError('not this time')
      return commands.gather(placed)
    },
  })
  const role = tell()
  await until('the other goes on', async () => (await claim(epoch, 'store')).length > 0)
  await until('it names who is left out alone', async () => role.checks().length === 1)
  expect(role.checks()).toMatchObject([{ detail: expect.stringContaining('instance shop') }])
  expect([await shown(left.commandId), await claim()]).toEqual([null, []])
  isBroken = false
  await requestResume(here.database, commands, 'shop')
  await untilLearnt()
  expect(await shown(left.commandId)).toMatchObject({ state: 'completed' })
  expect([await claim(), (await shown(other.commandId, 'store'))?.state]).toEqual([[], 'sending'])
})

test('[H9] [F1] one that went back while it still had to tell what came of commands of a lost one does not do those, and goes on with its own', async () => {
  const lost = [accepted('1'), accepted('1', { ...commandIds({ instanceId: 'store', key: '1' }), instanceId: 'store' })]
  for (const one of lost) await append('commands', one)
  const before = here
  onTestFinished(before.close)
  here = await openTestDatabase('log ahead, met', { poolSize: 6, logger })
  await beginHere()
  const own = accepted('2', { chatId: '5511900000077@s.whatsapp.net' })
  await begin(...lost.slice(0, 1), own)
  await append('events', anEvent('message.received', { epoch: 9 }))
  await start()
  await learn()
  for (const { instanceId, commandId } of lost)
    expect(await shown(commandId, instanceId)).toMatchObject({ state: 'failed', outcome: { reason: 'outcome-unknown' } })
  expect((await claim()).map(one => one.command_id)).toEqual([own.commandId])
})

test('[H9] [F1] one that went back once more, before all was learnt, learns what was done since, and so does who was learning meanwhile', async () => {
  const [first, second, third, left] = [
    accepted('1', archive),
    accepted('2', { chatId: '5511900000077@s.whatsapp.net' }),
    accepted('3', { chatId: '5511900000078@s.whatsapp.net' }),
    accepted('4', { chatId: '5511900000079@s.whatsapp.net' }),
  ]
  await begin(first, second, third, left)
  await append('events', done(first))
  await start()
  await append('events', done(second))
  await start()
  project()
  let looks = 0
  const lag: TestLog['log']['lag'] = async (...args) => {
    if (looks++ > 0) return log.log.lag(...args)
    const answer = await log.log.lag(...args)
    await append('events', done(third))
    await start()
    return answer
  }
  tell({ lag })
  await untilLearnt()
  for (const one of [first, second, third]) expect(await shown(one.commandId)).toMatchObject({ state: 'completed' })
  expect((await claim()).map(one => one.command_id)).toEqual([left.commandId])
})

test('[H9] commands that the log has no more before they are read again are named, and the others are learnt without them', async () => {
  const waiting = accepted('1', archive)
  await begin(waiting)
  const [gone, there] = [accepted('2'), accepted('3', { chatId: '5511900000077@s.whatsapp.net' })]
  await append('commands', gone, there)
  await append('events', done(waiting))
  await here.database.query('select log_trim($1, $2, 2, 10)', [log.topic('commands'), partition('shop')])
  expect(await start()).toMatchObject([
    { name: 'forgotten commands', state: 'degraded', detail: expect.stringContaining('1 records') },
  ])
  const said = logger.lines.filter(({ event }) => event === 'commands.forgotten-by-log')
  expect(said.map(({ fields }) => fields)).toMatchObject([{ records: 1, places: [`${partition('shop')}: 1 to 1`] }])
  expect(await start()).toEqual([])
  await learn()
  expect([await shown(gone.commandId), (await shown(waiting.commandId))?.state]).toEqual([null, 'completed'])
  expect((await claim()).map(one => one.command_id)).toEqual([there.commandId])
})
