// What may go next is found at one cost, whatever waits: the first of each chat, in the order of their records, as the turns of the account have it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Transaction } from '../../src/database/database.ts'
import { writeTogether } from '../../src/database/statement-parts.ts'
import type { EventOf } from '../../src/events/event.ts'
import { cancelCommands } from '../../src/instances/cancel-commands.ts'
import { beginTry, putOff } from '../../src/instances/command-tries.ts'
import { decideOutcome, endCommand } from '../../src/instances/commands-at-work.ts'
import { claimCommands } from '../../src/instances/commands-claimed.ts'
import { restAccount } from '../../src/instances/outgoing-turns.ts'
import { tellTogether } from '../../src/producers/commands/tell-together.ts'
import { commands } from '../../src/projections/commands/commands.ts'
import { somebody, somebodyElse } from '../ground/events.ts'
import { never, openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'
import { asks, body, idOf } from '../ground/projections/asked-commands.ts'
import { until } from '../ground/until.ts'

let dsl: ProjectionDsl
beforeAll(async () => {
  dsl = await openProjectionDsl('commands next', commands, { tables: ['commands'] })
})
afterAll(() => dsl.close())

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
