// What is accepted while a place is kept for it is claimed by that, as who holds the account would claim it, or not at all; in the statement that appends
// its record, and in the one behind it.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { acceptAppended, appendAccepted } from '../../src/instances/accept-appended.ts'
import { commandIds } from '../../src/instances/command-ids.ts'
import type { NewCommand } from '../../src/instances/commands.ts'
import { claimCommands } from '../../src/instances/commands-claimed.ts'
import { restAccount } from '../../src/instances/outgoing-turns.ts'
import { commands } from '../../src/projections/commands/commands.ts'
import { insideOf } from '../contracts/log-inside.ts'
import { somebody, somebodyElse, testStartAt } from '../ground/events.ts'
import { openTestLog, type TestLog } from '../ground/log.ts'
import { never, openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'
import { ask, asks, body, claimAll } from '../ground/projections/asked-commands.ts'

let dsl: ProjectionDsl
let testLog: TestLog
beforeAll(async () => {
  dsl = await openProjectionDsl('commands in hand', commands, { tables: ['commands'] })
  testLog = await openTestLog(dsl.test, { partitions: 1 })
})
beforeEach(async () => {
  await dsl.freshWorld()
  for (const table of ['instance_owners', 'instance_ids', 'outgoing_turns', 'first_contacts', 'commands_begin'])
    await query(`delete from ${table}`)
  await query("insert into instance_ids (instance_id, request_id, name) values ('shop', 'r', '')")
  await query("insert into instance_owners (instance_id, epoch) values ('shop', 7)")
})
afterAll(async () => {
  await testLog.close()
  await dsl.close()
})
const query = (sql: string) => dsl.test.database.query<Record<string, unknown>>(sql)
const chatTimer = () => '86400'

const commandOf = (key: string, given: Partial<NewCommand>): NewCommand => ({
  ...{ ...commandIds({ instanceId: 'shop', key }), instanceId: 'shop', digest: 'aa', operation: 'message.send' },
  ...{ chatId: somebody.lid, body, askedAt: testStartAt, expiresAt: Date.now() + 60_000, ...given },
})

describe.each([
  ['where it is appended', true],
  ['behind its record', false],
] as const)('%s', (_, isInside) => {
  async function take(key: string, given: Partial<NewCommand> = {}, epoch: number | null = 7) {
    const inside = insideOf(testLog.log)
    const append = { topic: testLog.topic('commands'), records: [testLog.codec.encode(asks(key))] }
    const place = epoch === null ? null : { epoch, chatTimer }
    const accepting = { command: commandOf(key, given), parts: [], isRungHere: true, place }
    if (isInside) {
      const prepared = await inside.prepare([append], never)
      return (await appendAccepted(dsl.test.database, { ...accepting, inside, prepared })).claimed
    }
    const [position] = await testLog.log.append(append, never)
    if (position === undefined) throw new Error('expected the position of the record')
    return acceptAppended(dsl.test.database, { ...accepting, position })
  }
  const states = async () => (await query('select state from commands order by place nulls first')).map(row => row.state)

  it('[F1] it is claimed under the epoch of its place, and whoever looks for it there is answered the same', async () => {
    const claimed = await take('k1')
    expect(await query('select state, epoch::int from commands')).toEqual([{ state: 'sending', epoch: 7 }])
    const found = await claimCommands(dsl.test.database, { instanceId: 'shop', epoch: 7 }, { ...claimAll, chatTimer })
    expect(found).toMatchObject([{ tries: 0, timer_seconds: 86_400, body }])
    expect([claimed]).toMatchObject(found.map(one => ({ ...one, is_left: false, turn: 'paced' })))
  })

  it('[F2] what writes there takes the place of a first message that waits, as it does without a place', async () => {
    await take('k1', { chatId: somebodyElse.lid, body: { ...body, known: { isFirst: true } } }, null)
    await query(`update commands set chat_id = '${somebody.lid}', place = 1000000`)
    await take('k2')
    expect(await query('select is_first, is_paced from commands where place = 1000000')).toEqual([
      { is_first: false, is_paced: true },
    ])
  })

  it('[D1] [F1] it waits behind what waits in its chat, and beside what waits in others', async () => {
    await take('k1', {}, null)
    expect(await take('k2')).toBeNull()
    expect(await take('k3', { chatId: somebodyElse.lid })).not.toBeNull()
    expect(await states()).toEqual(['accepted', 'accepted', 'sending'])
  })

  it('[D1] [F1] it waits behind one whose record may come before, for the projection', async () => {
    await ask(dsl, 'k1', 'aa')
    expect(await take('k2')).toBeNull()
    expect(await states()).toEqual(['asked', 'asked'])
    expect(await query('select count(*)::int from commands where epoch is null and is_paced')).toEqual([{ count: 2 }])
  })

  it('[D1] [F1] it waits behind one that somebody is changing, without waiting for that', async () => {
    await take('k1', {}, null)
    await dsl.test.database.transact(async tx => {
      await tx.query('select from commands for update')
      expect(await take('k2')).toBeNull()
    }, never)
    expect(await states()).toEqual(['accepted', 'accepted'])
  })

  it.each([
    ['of an epoch that is over', () => query('update instance_owners set epoch = 8')],
    ['of an account that rests', () => restAccount(dsl.test.database, { instanceId: 'shop', epoch: 7, restMs: 60_000 })],
    [
      'while the log is to say what was done',
      () => query('insert into commands_begin (partition, next_offset, is_older) values (9, 5, true)'),
    ],
  ])('[F1] it is accepted and waits, %s', async (_, given) => {
    await given()
    expect(await take('k1')).toBeNull()
    expect(await states()).toEqual(['accepted'])
  })

  it('[F1] one whose time is over is told so by who looks for it', async () => {
    expect(await take('k1', { expiresAt: Date.now() - 1 })).toBeNull()
    expect(await states()).toEqual(['accepted'])
  })

  it('[F2] a first message waits for its turn', async () => {
    expect(await take('k1', { body: { ...body, known: { isFirst: true } } })).toBeNull()
    expect(await states()).toEqual(['accepted'])
  })

  it('[A1] [F1] while somebody takes the account over it is accepted, without waiting for that', async () => {
    await dsl.test.database.transact(async tx => {
      await tx.query("update instance_owners set epoch = 8 where instance_id = 'shop'")
      expect(await take('k1')).toBeNull()
    }, never)
    expect(await states()).toEqual(['accepted'])
  })
})
