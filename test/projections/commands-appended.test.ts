// A record that is appended by who accepts it is a row with it or not at all, one for a key, in its place, and the projection changes nothing of it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appendAccepted } from '../../src/instances/accept-appended.ts'
import { commandIds } from '../../src/instances/command-ids.ts'
import { beginTry } from '../../src/instances/command-tries.ts'
import type { NewCommand } from '../../src/instances/commands.ts'
import { endCommand } from '../../src/instances/commands-at-work.ts'
import { keepBeginning } from '../../src/instances/commands-begin.ts'
import { claimCommands } from '../../src/instances/commands-claimed.ts'
import type { SecretRow } from '../../src/instances/message-secrets.ts'
import { commands } from '../../src/projections/commands/commands.ts'
import { insideOf } from '../contracts/log-inside.ts'
import { somebody, somebodyElse, testStartAt } from '../ground/events.ts'
import { openTestLog, type TestLog } from '../ground/log.ts'
import { never, openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'
import { ask, asks, body, claimAll, idOf } from '../ground/projections/asked-commands.ts'
import { until } from '../ground/until.ts'

let dsl: ProjectionDsl
beforeAll(async () => {
  dsl = await openProjectionDsl('commands appended', commands, { tables: ['commands'] })
})
afterAll(() => dsl.close())

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
    const { rows } = await appendAccepted(dsl.test.database, {
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
    const end = async (key: string) => {
      const commandId = idOf(key).command_id
      await query(`update commands set state = 'ending', outcome = '{"type":"command.failed"}' where command_id = '${commandId}'`)
      return endCommand(dsl.test.database, { instanceId: 'shop', commandId })
    }
    // Whoever ended it hears whether to look for another.
    expect([await end('k1'), await end('k3')]).toEqual([true, false])
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
    await ask(dsl, 'k1', asks('k1').digest)
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
    await ask(dsl, 'k1', 'aa')
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
