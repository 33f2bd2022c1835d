// What the topic of commands becomes: rows that whoever holds the account works off, one for each command, whatever else is in the topic.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Write } from '../../src/database/statement-parts.ts'
import { messageIdOf } from '../../src/instances/command-ids.ts'
import { commandsErasure, forgetCommands } from '../../src/instances/commands.ts'
import { commands } from '../../src/projections/commands/commands.ts'
import { aCopyOf, somebody, somebodyElse } from '../ground/events.ts'
import { openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'
import { ask, asks, body, idOf } from '../ground/projections/asked-commands.ts'
import { standingProperty } from '../ground/standing-property.ts'
import { until } from '../ground/until.ts'

let dsl: ProjectionDsl
beforeAll(async () => {
  dsl = await openProjectionDsl('commands', commands, { tables: ['commands'] })
})
afterAll(() => dsl.close())

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
      await ask(dsl, 'k1', 'own')
      await world.append(events)
      await world.projectAll()
      expect(await dsl.test.database.query('select state, digest, event_id from commands')).toEqual([
        { state: 'accepted', digest: 'own', event_id: own.eventId },
      ])
    }
    const world = await dsl.freshWorld()
    await ask(dsl, 'k1', 'own')
    await world.append([foreign])
    await world.projectAll()
    expect(await dsl.test.database.query('select state from commands')).toEqual([{ state: 'asked' }])
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
    expect(await ask(dsl, 'k3', 'aa')).toBeNull()
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
