// What the topic of commands becomes: rows that whoever holds the account works off, one for each command, whatever else is in the topic.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Transaction } from '../../src/database/database.ts'
import { type Write, writeTogether } from '../../src/database/statement-parts.ts'
import type { EventOf } from '../../src/events/event.ts'
import { appendAccepted } from '../../src/instances/accept-appended.ts'
import { cancelCommands } from '../../src/instances/cancel-commands.ts'
import { commandIds, messageIdOf } from '../../src/instances/command-ids.ts'
import { askCommand, commandsErasure, forgetCommands, type NewCommand } from '../../src/instances/commands.ts'
import { beginTry, claimCommands, decideOutcome, endCommand, putOff } from '../../src/instances/commands-at-work.ts'
import { keepBeginning } from '../../src/instances/commands-begin.ts'
import { readCommand } from '../../src/instances/commands-shown.ts'
import type { SecretRow } from '../../src/instances/message-secrets.ts'
import { restAccount } from '../../src/instances/outgoing-turns.ts'
import { createProgressStore } from '../../src/log/progress.ts'
import { makeProgress } from '../../src/main/make-progress.ts'
import { tellTogether } from '../../src/producers/commands/tell-together.ts'
import { commands } from '../../src/projections/commands/commands.ts'
import { insideOf } from '../contracts/log-inside.ts'
import { openTestDatabase } from '../ground/database.ts'
import { aCopyOf, anEvent, somebody, somebodyElse, testStartAt } from '../ground/events.ts'
import { openTestLog, type TestLog } from '../ground/log.ts'
import { never, openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'
import { standingProperty } from '../ground/standing-property.ts'
import { until } from '../ground/until.ts'

let dsl: ProjectionDsl
beforeAll(async () => {
  dsl = await openProjectionDsl('commands', commands, { tables: ['commands'] })
})
afterAll(() => dsl.close())

const body = { chatId: somebody.lid, kind: 'text', text: 'Olá' }
const asks = (key: string, given: Partial<EventOf<'command.accepted'>> = {}, instanceId = 'shop') => {
  const { commandId, eventId } = commandIds({ instanceId, key })
  return anEvent('command.accepted', { instanceId, commandId, eventId, body: JSON.stringify(body), ...given })
}
const idOf = (key: string, instanceId = 'shop') => ({
  instance_id: instanceId,
  command_id: commandIds({ instanceId, key }).commandId,
})
const ask = (key: string, digest: string, instanceId = 'shop') =>
  askCommand(dsl.test.database, {
    ...commandIds({ instanceId, key }),
    ...{ instanceId, digest, operation: 'message.send', chatId: somebody.lid, body },
    ...{ askedAt: testStartAt, expiresAt: testStartAt + 1000 },
  })

const claimAll = { busy: [], limit: 10, turns: 10, firsts: { spacingMs: 0, perDay: 0 } }

describe('a record', () => {
  it('[F1] becomes a row that waits, with all that its owner needs', async () => {
    const accepted = asks('k1')
    await dsl.given(accepted).thenRow('commands', idOf('k1'), {
      state: 'accepted',
      event_id: accepted.eventId,
      operation: 'message.send',
      chat_id: somebody.lid,
      message_id: messageIdOf(accepted.commandId),
      body,
      digest: accepted.digest,
      asked_at: new Date(accepted.occurredAt),
      expires_at: new Date(accepted.expiresAt),
      tries: 0,
      built: null,
      outcome: null,
    })
  })

  it('[F1] [F2] of a timer has the id of the message that it goes out as, and its turn of the pace; others have none', async () => {
    const timer = { operation: 'chat.timer', body: JSON.stringify({ kind: 'timer', chatId: somebody.lid, expiresInSeconds: 0 }) }
    const [set, pinned] = [asks('k1', timer), asks('k2', { operation: 'chat.change', body: '{}' })]
    const asMessage = { message_id: messageIdOf(set.commandId), is_paced: true, is_first: false }
    await dsl.given(set).thenRow('commands', idOf('k1'), asMessage)
    await dsl.given(pinned).thenRow('commands', idOf('k2'), { message_id: '', is_paced: false, is_first: false })
  })

  it('[F1] rows have the order of their records', async () => {
    const world = await dsl.projected(asks('b'), asks('a'), asks('c'))
    const rows = await dsl.test.database.query<{ command_id: string }>('select command_id from commands order by place')
    expect(rows.map(one => one.command_id)).toEqual(['b', 'a', 'c'].map(key => idOf(key).command_id))
    expect(world.owned.offsets().get('commands')).toBe(3n)
  })

  it('[F1] [B3] of several of one command the first counts, in one batch or in several', async () => {
    const first = asks('k1')
    const again = { ...aCopyOf(first, 0), body: JSON.stringify({ ...body, text: 'another' }) }
    const other = asks('k1', { eventId: 'f'.repeat(32), digest: 'bb' })
    await dsl.given(first, again, other).thenRow('commands', idOf('k1'), { digest: first.digest, body, event_id: first.eventId })
    await dsl.given(first).when(again).when(other).thenRow('commands', idOf('k1'), { digest: first.digest, body })
  })

  it('[F1] [B3] no statement takes two of one command, and those of others are one', async () => {
    const placed = [asks('k1'), asks('k2'), asks('k1', { eventId: 'f'.repeat(32) }), asks('k1', {}, 'store')].map(
      (event, nth) => ({
        event,
        position: { topic: 'wa.commands', partition: 0, nextOffset: BigInt(nth + 1) },
      }),
    )
    const { writes, afterwards } = await commands.gather(placed).decide(() => [], placed)
    const placesIn = ({ values }: Write) => JSON.parse(String(values[0])).map((row: { place: string }) => row.place)
    expect([...writes, ...afterwards].filter(({ sql }) => sql.startsWith('insert')).map(placesIn)).toEqual([
      ['1', '2', '4'],
      ['3'],
    ])
  })

  it('[F1] what was begun, decided or told is not begun again by a copy', async () => {
    const accepted = asks('k1')
    for (const state of ['sending', 'ending', 'completed', 'failed']) {
      const world = await dsl.projected(accepted)
      await dsl.test.database.query('update commands set state = $1, tries = 3', [state])
      await world.append([{ ...aCopyOf(accepted, 0), eventId: 'e'.repeat(32) }])
      await world.projectAll()
      expect(await dsl.test.database.query('select state, tries from commands')).toEqual([{ state, tries: 3 }])
    }
  })
})

describe('a key that was asked with', () => {
  it('[F1] has the record of its own body, and no other, whichever comes first', async () => {
    const own = asks('k1', { digest: 'own' })
    const foreign = asks('k1', { digest: 'foreign', eventId: 'f'.repeat(32) })
    for (const events of [
      [foreign, own],
      [own, foreign],
    ]) {
      const world = await dsl.freshWorld()
      await ask('k1', 'own')
      await world.append(events)
      await world.projectAll()
      expect(await dsl.test.database.query('select state, digest, event_id from commands')).toEqual([
        { state: 'accepted', digest: 'own', event_id: own.eventId },
      ])
    }
    const world = await dsl.freshWorld()
    await ask('k1', 'own')
    await world.append([foreign])
    await world.projectAll()
    expect(await dsl.test.database.query('select state from commands')).toEqual([{ state: 'asked' }])
  })
})

describe('a record that is appended by who accepts it', () => {
  let testLog: TestLog
  beforeAll(async () => {
    testLog = await openTestLog(dsl.test, { partitions: 1 })
  })
  afterAll(() => testLog.close())
  const query = (sql: string) => dsl.test.database.query<Record<string, unknown>>(sql)
  const states = () => query('select command_id, state from commands order by place nulls last')
  const commandOf = (key: string, given: Partial<NewCommand> = {}): NewCommand => ({
    ...{ ...commandIds({ instanceId: 'shop', key }), instanceId: 'shop', digest: 'aa', operation: 'message.send' },
    ...{ chatId: somebody.lid, body, askedAt: testStartAt, expiresAt: testStartAt + 1000, ...given },
  })
  async function take(key: string, given: Partial<NewCommand> = {}, isRungHere = false) {
    const inside = insideOf(testLog.log)
    const append = { topic: testLog.topic('commands'), records: [testLog.codec.encode(asks(key))] }
    const prepared = await inside.prepare([append], never)
    const rows = await appendAccepted(dsl.test.database, {
      command: commandOf(key, given),
      parts: [],
      inside,
      prepared,
      isRungHere,
    })
    inside.committed(rows, prepared)
    return rows.map(row => Number(row.end_offset))
  }
  const end = async () =>
    Number((await query("select next_offset from log_partitions where topic = 'wa.commands'"))[0]?.next_offset)

  it('[F1] is accepted in its place, and not again by the projection', async () => {
    const world = await dsl.freshWorld()
    const [place] = await take('k1')
    expect(place).toBe(await end())
    const accepted = { ...idOf('k1'), state: 'accepted', place: String(place), body, is_paced: true, is_first: false, tries: 0 }
    expect(await query('select * from commands')).toMatchObject([accepted])
    await query("update commands set state = 'sending', tries = 1")
    await world.append([asks('k1')])
    await world.projectAll()
    expect(await query('select state, tries from commands')).toEqual([{ state: 'sending', tries: 1 }])
  })

  it('[F1] [B2] is not in the log where its row cannot be, and there is no row of what the log does not take', async () => {
    await dsl.freshWorld()
    const before = await end()
    await expect(take('k1', { expiresAt: 1e300 })).rejects.toThrow(/timestamp/)
    await query("update log_partitions set next_offset = next_offset - 1 where topic = 'wa.commands' and next_offset > 0")
    await expect(take('k2')).rejects.toThrow(/duplicate key/)
    await query(`update log_partitions set next_offset = ${before} where topic = 'wa.commands'`)
    expect(await query('select 1 from commands')).toEqual([])
    expect(await take('k3')).toEqual([before + 1])
  })

  it('[F1] [D1] is behind what waits in its chat, until that is over; and the projection that finds it there leaves it so', async () => {
    const world = await dsl.freshWorld()
    for (const key of ['k1', 'k2']) await take(key)
    await take('k3', { chatId: somebodyElse.lid })
    const behind = async () => (await query('select is_behind from commands order by place')).map(row => row.is_behind)
    expect(await behind()).toEqual([false, true, false])
    await query(
      `update commands set state = 'ending', outcome = '{"type":"command.failed"}' where command_id = '${idOf('k1').command_id}'`,
    )
    await endCommand(dsl.test.database, { instanceId: 'shop', commandId: idOf('k1').command_id })
    expect(await behind()).toEqual([false, false, false])
    await world.append(['k1', 'k2'].map(key => asks(key)))
    await world.projectAll()
    expect(await behind()).toEqual([false, false, false])
  })

  it('[F1] is left to the projection where the log had commands of a database that is lost', async () => {
    await dsl.freshWorld()
    await keepBeginning(dsl.test.database, [{ partition: 0, endOffset: 2n, outcomesEnd: 0n }])
    await take('k1')
    expect(await states()).toEqual([{ command_id: idOf('k1').command_id, state: 'asked' }])
    await query('delete from commands_begin')
  })

  it('[F1] waits for the projection behind one of its chat whose record may come before, and holds no other chat', async () => {
    const world = await dsl.freshWorld()
    await ask('k1', asks('k1').digest)
    await take('k2', { digest: asks('k2').digest })
    await take('k3', { chatId: somebodyElse.lid })
    const of = (key: string) => idOf(key).command_id
    expect(await states()).toEqual([
      { command_id: of('k3'), state: 'accepted' },
      ...['k1', 'k2']
        .map(key => ({ command_id: of(key), state: 'asked' }))
        .toSorted((a, b) => (a.command_id < b.command_id ? -1 : 1)),
    ])
    await world.append([asks('k1'), asks('k2')])
    await world.projectAll()
    const chat = await query(`select command_id, state from commands where chat_id = '${somebody.lid}' order by place`)
    expect(chat).toEqual(['k1', 'k2'].map(key => ({ command_id: of(key), state: 'accepted' })))
  })

  it('[F1] is one for a key, of whoever came first, also of many at once', async () => {
    await dsl.freshWorld()
    const before = await end()
    const taken = await Promise.all(['aa', 'bb', 'aa', 'bb', 'aa'].map(digest => take('k1', { digest })))
    expect(taken.filter(rows => rows.length > 0)).toEqual([[before + 1]])
    expect(await end()).toBe(before + 1)
  })

  it('[F1] accepts what was asked for before with its key, and the same digest alone', async () => {
    await dsl.freshWorld()
    await ask('k1', 'aa')
    const before = await end()
    expect(await take('k1', { digest: 'bb' })).toEqual([])
    expect(await take('k1')).toEqual([before + 1])
    expect(await query('select state, digest from commands')).toEqual([{ state: 'accepted', digest: 'aa' }])
  })

  it('[F2] makes what waits in its chat to be a first message one like any other', async () => {
    await dsl.freshWorld()
    await take('k1', { body: { ...body, known: { isFirst: true } } })
    await take('k2', { chatId: somebodyElse.lid, body: { ...body, known: { isFirst: true } } })
    await take('k3')
    const rows = await query('select is_first, is_paced from commands order by place')
    expect(rows.map(row => [row.is_first, row.is_paced])).toEqual([
      [false, true],
      [true, false],
      [false, true],
    ])
  })

  it('[F1] wakes whoever holds the account elsewhere, and nobody where it is held here', async () => {
    await dsl.freshWorld()
    const woken: string[] = []
    const listening = new AbortController()
    await dsl.test.database.listen('commands', payload => woken.push(payload), listening.signal)
    await take('k1', {}, true)
    await take('k2', { instanceId: 'store' })
    await until('the owner to be woken', () => woken.includes('store'))
    expect(woken).toEqual(['store'])
    listening.abort()
  })

  it('[F1] [B9] a try keeps its secrets with its bytes, the first of them, and of another owner neither', async () => {
    await dsl.freshWorld()
    await query("insert into instance_ids (instance_id, request_id, name) values ('shop', 'r', '')")
    await query("insert into instance_owners (instance_id, epoch) values ('shop', 1)")
    await take('k1')
    await claimCommands(dsl.test.database, { instanceId: 'shop', epoch: 1 }, claimAll)
    const secret = (sealed: string): SecretRow => ({
      ...{ instanceId: 'shop', message: Buffer.alloc(16, 1), author: Buffer.alloc(16, 2), isForEver: false },
      sealed: Buffer.from(sealed),
    })
    const begin = (epoch: number, sealed: string) =>
      beginTry(dsl.test.database, {
        ...{ instanceId: 'shop', epoch, commandId: idOf('k1').command_id, tries: 1 },
        ...{ built: Buffer.from(sealed), secrets: [secret(sealed)] },
      })
    const kept = async () => [
      ...(await query("select convert_from(built, 'utf8') as text from commands")),
      ...(await query("select convert_from(sealed, 'utf8') as text from message_secrets")),
    ]
    expect(await begin(2, 'theirs')).toBe(false)
    expect(await kept()).toEqual([{ text: null }])
    for (const sealed of ['ours', 'again']) expect(await begin(1, sealed)).toBe(true)
    expect(await kept()).toEqual([{ text: 'ours' }, { text: 'ours' }])
    for (const table of ['message_secrets', 'instance_owners', 'instance_ids']) await query(`delete from ${table}`)
  })

  it('[F1] [A7] is not taken of a purged instance', async () => {
    await dsl.freshWorld()
    await query("insert into instance_ids (instance_id, request_id, name, wanted) values ('shop', 'r', '', 'deleted')")
    await query("insert into purges (instance_id, request_id, requested_by) values ('shop', 'r', 'test')")
    const before = await end()
    expect(await take('k1')).toEqual([])
    expect([await end(), await query('select 1 from commands')]).toEqual([before, []])
    await query('delete from purges')
    await query('delete from instance_ids')
  })
})

describe('a database that meets a log which has commands already', () => {
  it('[F1] [B3] does none of them again, also where its key is asked with anew before they are read; what comes later is done', async () => {
    const { database } = dsl.test
    const world = await dsl.freshWorld()
    await keepBeginning(database, [{ partition: 0, endOffset: 2n, outcomesEnd: 0n }])
    // Commands may have been accepted since: the beginning stays.
    await keepBeginning(database, [{ partition: 0, endOffset: 3n, outcomesEnd: 0n }])
    const again = asks('k2')
    await ask('k2', again.digest)
    await world.append([asks('k1'), again, asks('k3'), { ...aCopyOf(again, 0), eventId: 'e'.repeat(32) }])
    await world.projectAll()
    const rows = await database.query<{ state: string; reason: string | null }>(
      `select state, outcome ->> 'reason' as reason from commands order by place`,
    )
    expect(rows).toEqual([
      { state: 'untold', reason: 'outcome-unknown' },
      { state: 'untold', reason: 'outcome-unknown' },
      { state: 'accepted', reason: null },
    ])
    expect(await readCommand(database, 'shop', idOf('k1').command_id)).toMatchObject({ state: 'waiting', tries: 0 })
    await database.query('delete from commands_begin')
  })

  it('[F1] [B3] keeps where the log was then, once', async () => {
    const [lost, fresh] = [await openTestDatabase('commands lost'), await openTestDatabase('commands fresh')]
    const testLog = await openTestLog(lost, { partitions: 2 })
    const append = () =>
      testLog.log.append({ topic: testLog.topic('commands'), records: [testLog.codec.encode(asks('k1'))] }, never)
    const progress = createProgressStore(fresh.database)
    const ports = { ...testLog, database: fresh.database, progress, claimLog: async () => undefined, consumerGroup: String }
    const begins = async () =>
      (await fresh.database.query<{ at: string }>('select next_offset as at from commands_begin')).map(({ at }) => at).toSorted()
    await append()
    await makeProgress(ports, 2, never)
    expect(await begins()).toEqual(['0', '1'])
    await append()
    await makeProgress(ports, 2, never)
    expect(await begins()).toEqual(['0', '1'])
    // Another version of them had begun, and what waits was read by that.
    await fresh.database.query('delete from commands_begin')
    await fresh.database.query(`update projection_checkpoints set version = version + 1 where projection = 'commands'`)
    await makeProgress(ports, 2, never)
    expect(await begins()).toEqual([])
    for (const opened of [testLog, fresh, lost]) await opened.close()
  })
})

describe('what another writer puts into the topic', () => {
  const nested = `${'['.repeat(2_000)}${']'.repeat(2_000)}`
  it.each([
    ['no JSON', 'no json {'],
    ['nothing', ''],
    ['nested without end', nested],
  ])('[F1] [B6] with a body that is %s, it is a row whose body is that text, and the account goes on', async (_, text) => {
    await (await dsl.given(asks('k1', { body: text }), asks('k2')).thenRow('commands', idOf('k1'), { body: text })).thenRow(
      'commands',
      idOf('k2'),
      { body },
    )
    expect(await dsl.test.database.query('select from projection_quarantine')).toEqual([])
  })

  it('[F1] [B6] with ids and instants that no table holds, it is a row all the same', async () => {
    const long = 'x'.repeat(100_000)
    const odd = [
      asks('k1', { commandId: long, chatId: long, expiresAt: 9e15, body: '{"a":"\\u0000\\ud800"}' }),
      asks('k2', { expiresAt: -9e15, chatId: null, operation: 'a\0b' }),
    ]
    await dsl.given(...odd, asks('k3')).thenRow('commands', idOf('k3'), { state: 'accepted' })
    expect(await dsl.test.database.query('select from commands')).toHaveLength(3)
    const instants = await dsl.test.database.query<{ at: Date }>('select expires_at as at from commands')
    for (const { at } of instants) expect(at.toISOString()).toMatch(/Z$/)
    expect(await dsl.test.database.query('select from projection_quarantine')).toEqual([])
  })
})

it('[F1] whoever holds the account is woken, once its row can be read, and nobody for a copy', async () => {
  const woken: string[] = []
  const listening = new AbortController()
  await dsl.test.database.listen('commands', payload => woken.push(payload), listening.signal)
  const accepted = asks('k1')
  const world = await dsl.projected(accepted)
  await until('the owner to be woken', () => woken.includes('shop'))
  woken.length = 0
  await world.append([aCopyOf(accepted, 0), { ...accepted, eventId: 'e'.repeat(32) }, asks('k2', {}, 'store')])
  await world.projectAll()
  await until('the next owner to be woken', () => woken.includes('store'))
  expect(woken.filter(one => one !== 'store')).toEqual([])
  listening.abort()
})

it('[F1] [B3] replayed, copied and cut into any batches, the same rows', async () => {
  const events = ['a', 'b', 'c', 'a', 'b'].flatMap((key, nth) =>
    ['shop', 'store'].map(instanceId =>
      asks(
        key,
        {
          ...(nth > 2 && { eventId: String(nth).repeat(32) }),
          chatId: nth % 2 === 0 ? somebody.lid : somebodyElse.lid,
          body: nth === 1 ? 'no json' : JSON.stringify(body),
        },
        instanceId,
      ),
    ),
  )
  // Copies have offsets of their own, which those behind them move on by.
  await standingProperty(dsl, commands, events, { tables: ['commands'], ignoring: ['commands.place'] })
})

describe('a purged instance', () => {
  it('[A7] loses its rows, gets none by the log and none by asking', async () => {
    const world = await dsl.projected(asks('k1'), asks('k1', {}, 'store'))
    await dsl.test.database.query(
      `insert into instance_ids (instance_id, request_id, name, wanted) values ('shop', 'r', '', 'deleted')`,
    )
    await dsl.test.database.query(`insert into purges (instance_id, request_id, requested_by) values ('shop', 'r', 'test')`)
    await world.append([asks('k2'), asks('k2', {}, 'store')])
    await world.projectAll()
    const keys = await dsl.test.database.query<{ key: string }>(commandsErasure.keys, ['shop', 500])
    for (const sql of commandsErasure.deletes) await dsl.test.database.query(sql, [keys.map(one => one.key)])
    expect(await ask('k3', 'aa')).toBeNull()
    expect(await dsl.test.database.query('select distinct instance_id from commands')).toEqual([{ instance_id: 'store' }])
    await dsl.test.database.query('delete from purges')
    await dsl.test.database.query('delete from instance_ids')
  })
})

it('[F1] what ended 14 days ago is forgotten, a bite at a time, and so is what never came into the log; what waits is kept', async () => {
  const { database } = dsl.test
  await dsl.freshWorld()
  const row = (key: string, state: string, days: number) =>
    database.query(
      `insert into commands (instance_id, command_id, digest, event_id, operation, chat_id, message_id, state, expires_at, asked_at, ended_at)
       values ('shop', $1, 'aa', 'e', 'message.send', 'c', 'm', $2, now(), now() - $3 * interval '1 day',
         case when $2 in ('completed', 'failed') then now() - $3 * interval '1 day' end)`,
      [key, state, days],
    )
  for (const [state, days] of [
    ...(['asked', 'completed', 'failed'] as const).flatMap(one => [[one, 15] as const, [one, 13] as const]),
    ...(['accepted', 'sending', 'ending'] as const).map(one => [one, 15] as const),
  ])
    await row(`${state} ${days}`, state, days)
  expect(await forgetCommands(database, { maxRows: 2 })).toBe(2)
  expect(await forgetCommands(database, { maxRows: 2 })).toBe(1)
  const left = await database.query<{ command_id: string }>('select command_id from commands order by command_id')
  expect(left.map(one => one.command_id)).toEqual([
    ...['accepted 15', 'asked 13', 'completed 13', 'ending 15', 'failed 13', 'sending 15'],
  ])
})

describe('what may go next', () => {
  const owned = { instanceId: 'shop', epoch: 1 }
  const unpaced = { busy: [], limit: 10, turns: 10, firsts: { spacingMs: 0, perDay: 0 } }
  const query = (sql: string, values: readonly unknown[] = []) => dsl.test.database.query<Record<string, unknown>>(sql, values)
  const claim = (given: Partial<typeof unpaced> = {}, tx: Transaction = dsl.test.database) =>
    claimCommands(tx, owned, { ...unpaced, ...given })
  const claimedIds = async (given: Partial<typeof unpaced> = {}) => (await claim(given)).map(one => one.command_id)
  const idsOf = (...keys: readonly string[]) => keys.map(key => idOf(key).command_id)
  /** Of this moment: the database says what is late. */
  const asksNow = (key: string, chatId = somebody.lid, more: object = {}) =>
    asks(key, { chatId, expiresAt: Date.now() + 86_400_000, body: JSON.stringify({ ...body, chatId, ...more }) })
  const ofFirst = { known: { isFirst: true } }
  async function aWorld(...events: readonly EventOf<'command.accepted'>[]) {
    const world = await dsl.projected(...events)
    await query('delete from outgoing_turns')
    await query('delete from first_contacts')
    await query(`insert into instance_ids (instance_id, request_id, name) values ('shop', 'r', 'Shop') on conflict do nothing`)
    await query(`insert into instance_owners (instance_id, epoch) values ('shop', 1) on conflict do nothing`)
    return world
  }
  async function end(commandId: string) {
    const of = { ...owned, commandId }
    await beginTry(dsl.test.database, { ...of, tries: 1, built: null })
    await decideOutcome(dsl.test.database, { ...of, outcome: { type: 'command.completed', at: 1, saidAt: null } })
    await endCommand(dsl.test.database, { instanceId: 'shop', commandId })
  }

  it('[F1] is the first of each chat, in the order of their records, and the next one once that is over', async () => {
    await aWorld(asksNow('a1'), asksNow('b1', somebodyElse.lid), asksNow('a2'), asksNow('a3'))
    expect(await claimedIds()).toEqual(idsOf('a1', 'b1'))
    expect(await claimedIds({ busy: [somebody.lid, somebodyElse.lid] as never })).toEqual([])
    for (const [ended, next] of [['a1', 'a2'] as const, ['a2', 'a3'] as const]) {
      await end(idOf(ended).command_id)
      expect(await claimedIds({ busy: [somebodyElse.lid] as never })).toEqual(idsOf(next))
    }
  })

  it('[F1] [B3] a chat goes on behind a copy of what is over, and behind what was cancelled', async () => {
    const world = await aWorld(asksNow('a1'))
    await claim()
    await end(idOf('a1').command_id)
    await world.append([{ ...asksNow('a1'), eventId: 'e'.repeat(32) }, asksNow('a2'), asksNow('a3'), asksNow('a4')])
    await world.projectAll()
    expect(await claimedIds()).toEqual(idsOf('a2'))
    const outcome = { type: 'command.failed', at: 1, reason: 'cancelled', reasonText: '', code: null } as const
    for (const key of ['a3', 'a2'])
      await cancelCommands(dsl.test.database, { instanceId: 'shop', commandId: idOf(key).command_id, outcome, limit: 1 })
    expect(await claimedIds()).toEqual(idsOf('a4'))
  })

  it('[F1] a chat goes on behind those that ended together, though the database is away in between', async () => {
    await aWorld(asksNow('a1'), asksNow('a2'))
    const [a1] = await claim()
    const outcome = { type: 'command.failed', at: 1, reason: 'expired', reasonText: '', code: null } as const
    const ending = await decideOutcome(dsl.test.database, { ...owned, commandId: idOf('a1').command_id, outcome })
    let isAway = true
    const awayOnce = ({ query: ask }: Transaction): Transaction => ({
      query: async (sql, values) => {
        if (isAway && sql.includes('set is_behind')) throw new Error('the database is away')
        return ask(sql, values)
      },
    })
    const { database } = dsl.test
    const states: unknown[] = []
    await tellTogether(
      {
        ...{ owned, seals: { open: () => null }, append: async () => undefined, ignores: () => false, over: never },
        known: { complete: async one => one, readAhead: async () => undefined },
        database: {
          ...database,
          ...awayOnce(database),
          transact: (work, signal) => database.transact(tx => work(awayOnce(tx)), signal),
        },
        outlasting: (_, work) =>
          work().catch(async () => {
            states.push(...(await query(`select state from commands where command_id = '${a1?.command_id}'`)))
            isAway = false
            return work()
          }),
      },
      ending === null ? [] : [ending],
    )
    expect(states).toEqual([{ state: 'ending' }])
    expect(await claimedIds()).toEqual(idsOf('a2'))
  })

  describe('one that is accepted while the one before it ends is no orphan', () => {
    const ofEnded = { instanceId: 'shop', commandId: idOf('a1').command_id }
    const untilWaiting = (what: string) =>
      until(
        `"${what}" to wait`,
        async () =>
          (await query(`select from pg_stat_activity where wait_event_type = 'Lock' and query like '%${what}%'`)).length > 0,
      )
    /** In a chat whose first one is about to end. */
    async function isEnding() {
      const world = await aWorld(asksNow('a1'))
      await claim()
      await query(`update commands set state = 'ending', outcome = '{"type": "command.completed"}'`)
      return world
    }

    it('[F1] where the end comes first', async () => {
      const world = await isEnding()
      await world.append([asksNow('a2')])
      const ended = Promise.withResolvers<void>()
      const ending = dsl.test.database.transact(async tx => {
        await endCommand(tx, ofEnded)
        ended.resolve()
        await untilWaiting('insert into commands as c')
      }, never)
      await ended.promise
      await world.projectAll()
      await ending
      expect(await claimedIds()).toEqual(idsOf('a2'))
    })

    it('[F1] where the record comes first', async () => {
      await isEnding()
      const placed = [{ event: asksNow('a2'), position: { topic: 'wa.commands', partition: 0, nextOffset: 99n } }]
      const { writes } = await commands.gather(placed).decide(() => [], placed)
      const accepted = Promise.withResolvers<void>()
      const accepting = dsl.test.database.transact(async tx => {
        await writeTogether(tx, writes)
        accepted.resolve()
        await untilWaiting('with ended as')
      }, never)
      await accepted.promise
      await endCommand(dsl.test.database, ofEnded)
      await accepting
      expect(await claimedIds()).toEqual(idsOf('a2'))
    })
  })

  it('[F2] of first messages as many as may go now, of a chat that had one as of any other, and nothing to people while the account rests', async () => {
    const firsts = { spacingMs: 3_600_000, perDay: 0 }
    await aWorld(
      asksNow('a1', somebody.lid, ofFirst),
      asksNow('b1', somebodyElse.lid, ofFirst),
      asksNow('a2', somebody.lid, ofFirst),
    )
    expect(await claimedIds({ firsts })).toEqual(idsOf('a1'))
    await end(idOf('a1').command_id)
    await restAccount(dsl.test.database, { ...owned, restMs: 3_600_000 })
    expect(await claimedIds({ firsts })).toEqual([])
    await query('update outgoing_turns set rests_until = now()')
    expect(await claimedIds({ firsts, turns: 0 })).toEqual([])
    expect(await claimedIds({ firsts })).toEqual(idsOf('a2'))
    await query(`update commands set expires_at = now() - interval '1 minute'`)
    expect(await claimedIds({ firsts, turns: 0, busy: [somebody.lid] as never })).toEqual(idsOf('b1'))
  })

  it('[F1] [F2] what is due again is not hidden by what was never put off, nor that by it', async () => {
    await aWorld(asksNow('a1'), asksNow('b1', somebodyElse.lid))
    const [first] = await claim({ limit: 1 })
    await putOff(dsl.test.database, {
      ...owned,
      commandId: first?.command_id ?? '',
      delayMs: 0,
      tries: 0,
      turn: 'paced',
      refusal: null,
    })
    expect(await claimedIds({ turns: 1 })).toEqual(idsOf('a1'))
    expect(await claimedIds({ turns: 1, busy: [somebody.lid] as never })).toEqual(idsOf('b1'))
  })

  it.each([
    ['of each kind, in as many chats', 'n', `n % 4 = 1, n % 4 = 2, case when n % 4 = 3 then now() + interval '1 hour' end`],
    ['in one chat', '1', 'true, false, null'],
  ])('[F1] [F2] costs the same whether 100 or 10,000 wait, %s', async (_, chat, kind) => {
    await aWorld()
    const costs: number[] = []
    for (const count of [100, 10_000]) {
      await query('delete from commands')
      await query(
        `insert into commands (instance_id, command_id, digest, state, event_id, place, operation, chat_id, message_id, asked_at,
           expires_at, is_behind, is_paced, is_first, due_at)
         select 'shop', 'c' || n, 'd', 'accepted', 'e' || n, n, 'message.send', ${chat} || '@lid', 'm', now(), now() + interval '1 day',
           '${chat}' = '1' and n > 1, ${kind} from generate_series(1, $1::int) n`,
        [count],
      )
      await query('vacuum analyze commands')
      costs.push(await costOf())
    }
    const [few = 0, many = 0] = costs
    expect(many).toBeLessThan(few + 100)
  })

  /** What the statement looks at, in pages of the table and its indexes. */
  async function costOf(): Promise<number> {
    let cost = Number.NaN
    const explained = {
      query: async <Row>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> => {
        const rows = await dsl.test.database.transact(async tx => {
          const [row] = await tx.query<{ 'QUERY PLAN': readonly { Plan: Record<string, number> }[] }>(
            `explain (analyze, buffers, timing off, format json) ${sql}`,
            values,
          )
          cost = row?.['QUERY PLAN'][0]?.Plan['Shared Hit Blocks'] ?? Number.NaN
          return []
        }, never)
        return rows
      },
    }
    await claim({ turns: 1 }, explained)
    return cost
  }
})
