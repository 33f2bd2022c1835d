// A database that meets the log of one that is lost: what came of each command is told once, as the log says it, or as unknown where it does not.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EventOf } from '../../src/events/event.ts'
import { commandIds, outcomeId } from '../../src/instances/command-ids.ts'
import { commandEndsChannel } from '../../src/instances/commands-at-work.ts'
import { listCommands, readCommand } from '../../src/instances/commands-shown.ts'
import { partitionOf } from '../../src/log/append/partitioner.ts'
import { makeProgress } from '../../src/main/make-progress.ts'
import { commands } from '../../src/projections/commands/commands.ts'
import { openProjections } from '../../src/projections/open-projections.ts'
import type { Projection } from '../../src/projections/projection.ts'
import { requestResume } from '../../src/projections/quarantine.ts'
import { openLostCommands } from '../../src/projections/tell-lost-commands.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import type { Role } from '../../src/runtime/role.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { anEvent, somebody, testStartAt } from '../ground/events.ts'
import { flaky } from '../ground/flaky.ts'
import { openTestLog, type TestLog } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/projection-dsl.ts'
import { until } from '../ground/until.ts'

const PARTITIONS = 2
const logger = collectLogLines(['projection.quarantined'])
let met: TestDatabase
let log: TestLog
let roles: Role[] = []
beforeEach(async () => {
  met = await openTestDatabase('lost commands', { poolSize: 6, logger })
  log = await openTestLog(met, { partitions: PARTITIONS, logger })
})
afterEach(async () => {
  for (const role of roles) await role.close()
  roles = []
  await log.close()
  await met.close()
})

const accepted = (key: string, instanceId = 'shop') =>
  anEvent('command.accepted', {
    ...{
      instanceId,
      ...commandIds({ instanceId, key }),
      body: JSON.stringify({ chatId: somebody.lid, kind: 'text', text: 'oi' }),
    },
    ...{ occurredAt: testStartAt, chatId: somebody.lid },
  })
type Accepted = ReturnType<typeof accepted>
const of = ({ instanceId, commandId, eventId }: Accepted) => ({ instanceId, commandId, eventId: outcomeId(eventId) })
const append = async (topic: 'commands' | 'events', events: Parameters<TestLog['codec']['encode']>[0][]) =>
  log.log.append({ topic: log.topic(topic), records: events.map(event => log.codec.encode(event)) }, never)

async function toldOutcomes() {
  const told: EventOf<'command.failed' | 'command.completed'>[] = []
  for await (const record of log.log.read(log.topic('events'), { from: 'first', until: 'end' }, never)) {
    const event = await log.codec.decode(record.value, never)
    if (event?.type === 'command.failed' || event?.type === 'command.completed') told.push(event)
  }
  return told
}
const beginHere = () =>
  makeProgress(
    { ...log, database: met.database, claimLog: async () => undefined, consumerGroup: name => `zaplog.${name}` },
    PARTITIONS,
    never,
  )
const project = (projection: Projection = commands) =>
  roles.push(
    openProjections({
      ...{ ...log, database: met.database, consumerGroup: (name: string) => `zaplog.${name}`, partitions: PARTITIONS, logger },
      ...{ metrics: createMetrics({ processMetrics: false }), projections: [projection] },
    }),
  )
function tell(database = met.database): Role {
  const role = openLostCommands({
    ...log,
    database,
    partitionOf: key => partitionOf(key, PARTITIONS),
    clock: () => testStartAt + 5_000,
    logger,
    everyMs: 20,
  })
  roles.push(role)
  return role
}
const untilTold = () =>
  until('all is told', async () => {
    const left = await met.database.query('select from commands_begin where next_offset > 0 and not is_told')
    const owed = await met.database.query('select from api_outbox where appended_at is null')
    return left.length + owed.length === 0
  })

test('[F1] [B3] of each command there is one outcome: that of the log where it has one, else that nobody knows; once their rows are made, and nobody asks again', async () => {
  const [done, refused, unknown, elsewhere] = [accepted('1'), accepted('2'), accepted('3'), accepted('1', 'store')]
  await append('commands', [done, refused, unknown])
  await append('commands', [elsewhere])
  await append('events', [
    anEvent('command.completed', { ...of(done), tries: 2, result: '{"a":1}', occurredAt: testStartAt + 1_000 }),
    anEvent('command.failed', { ...of(refused), reason: 'refused', code: '479' }),
  ])
  await beginHere()
  const asked: string[] = []
  const watched = flaky(met.database, ({ args }) => {
    asked.push(String(args[0]))
    return null
  })
  const role = tell(watched)
  await until('it has looked twice', () => asked.filter(sql => sql.includes('projection_checkpoints')).length > 1)
  expect(await toldOutcomes()).toHaveLength(2)
  project()
  await untilTold()
  const failed = (await toldOutcomes()).filter(({ epoch, recordedAt }) => epoch === 0 && recordedAt === testStartAt + 5_000)
  expect(failed.map(({ eventId }) => eventId).toSorted()).toEqual([unknown, elsewhere].map(one => of(one).eventId).toSorted())
  for (const event of failed)
    expect(event).toMatchObject({
      type: 'command.failed',
      reason: 'outcome-unknown',
      chatId: somebody.lid,
      operation: 'message.send',
    })
  const shown = async (one: Accepted) => readCommand(met.database, one.instanceId, one.commandId)
  expect(await shown(done)).toMatchObject({ state: 'completed', tries: 2, outcome: { result: '{"a":1}' } })
  expect((await shown(done))?.endedAt).toEqual(new Date(testStartAt + 1_000))
  expect(await shown(refused)).toMatchObject({ state: 'failed', outcome: { reason: 'refused', code: '479' } })
  expect(await shown(unknown)).toMatchObject({ state: 'failed', outcome: { reason: 'outcome-unknown' } })
  await role.close()
  asked.length = 0
  await tell(watched).close()
  expect([asked.length, (await toldOutcomes()).length]).toEqual([1, 4])
})

test('[F1] [B3] many are told by the hundred and each once, though whoever tells them dies in the middle; a purged account’s are not', async () => {
  const many = Array.from({ length: 450 }, (_, nth) => accepted(`${nth}`))
  const outcomes = many.slice(0, 210).map(one => anEvent('command.failed', of(one)))
  await append('commands', [...many, accepted('1', 'store')])
  await append('events', outcomes)
  await beginHere()
  project()
  await until('their rows are there', async () => (await met.database.query('select from commands')).length === 451)
  await met.database.query(
    "insert into instance_ids (instance_id, request_id, name, wanted) values ('store', 'r', '', 'deleted')",
  )
  await met.database.query("insert into purges (instance_id, request_id, requested_by) values ('store', 'r', 'test')")
  let transactions = 0
  const dying = flaky(met.database, ({ name }) => {
    if (name !== 'transact') return null
    transactions += 1
    return [2, 5, 9].includes(transactions) ? { fail: new Error('gone') } : null
  })
  tell(dying)
  await untilTold()
  expect(transactions).toBeGreaterThan(9)
  const told = await toldOutcomes()
  expect(told).toHaveLength(450)
  expect(new Set(told.map(({ eventId }) => eventId)).size).toBe(450)
  expect(told.filter(one => one.type === 'command.failed' && one.reason === 'outcome-unknown')).toHaveLength(240)
  expect(logger.lines.some(({ event }) => event === 'commands.lost-not-told')).toBe(true)
})

test('[F1] [B3] while what came of one is not told it waits for the log and has no end; who waits for it hears that it has one', async () => {
  const [done, unknown] = [accepted('1'), accepted('2')]
  await append('commands', [done, unknown])
  await append('events', [anEvent('command.completed', { ...of(done), tries: 1 })])
  await beginHere()
  const shown = async ({ instanceId, commandId }: Accepted) => readCommand(met.database, instanceId, commandId)
  const heard: string[] = []
  await met.database.listen(commandEndsChannel, commandId => heard.push(commandId), never)
  project()
  await until('their rows are there', async () => (await shown(done)) !== null && (await shown(unknown)) !== null)
  const waiting = { state: 'waiting', endedAt: null, outcome: null, waitsFor: { reason: 'log' } }
  expect([await shown(done), await shown(unknown)]).toMatchObject([waiting, waiting])
  const listed = async (state: 'waiting' | 'failed') =>
    listCommands(met.database, {
      ...{ instanceId: 'shop', state, chatIds: null, last: null },
      after: null,
      before: null,
      limit: 9,
    })
  expect([(await listed('waiting')).length, (await listed('failed')).length]).toEqual([2, 0])
  tell()
  await untilTold()
  expect([await shown(done), await shown(unknown)]).toMatchObject([
    { state: 'completed', waitsFor: null },
    { state: 'failed', waitsFor: null, endedAt: expect.any(Date) },
  ])
  await until('both ends are heard', () => [done, unknown].every(({ commandId }) => heard.includes(commandId)))
})

test('[F1] [B3] while the projection leaves an instance out nothing is told, which a check says; once it is resumed each is', async () => {
  const [first, second] = [accepted('1'), accepted('2')]
  await append('commands', [first, second])
  await append('events', [anEvent('command.completed', { ...of(second), tries: 1 })])
  await beginHere()
  let isBroken = true
  project({
    ...commands,
    gather: placed => {
      if (isBroken && placed.length > 0) throw new TypeError('not this time')
      return commands.gather(placed)
    },
  })
  const role = tell()
  await until('it says why not', () => role.checks().length > 0)
  expect(role.checks()).toMatchObject([{ state: 'degraded', detail: expect.stringContaining('instance shop') }])
  expect(await toldOutcomes()).toHaveLength(1)
  isBroken = false
  await requestResume(met.database, commands, 'shop')
  await untilTold()
  expect(await toldOutcomes()).toHaveLength(2)
  expect(await readCommand(met.database, 'shop', second.commandId)).toMatchObject({ state: 'completed' })
  await until('nothing is left to say', () => role.checks().length === 0)
})
