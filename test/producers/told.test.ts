// What a list repeats is appended only where it differs from what was appended last: over deaths, starts, and changes that come meanwhile.
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Offer } from '../../src/convert/draft.ts'
import type { Database } from '../../src/database/database.ts'
import { openInstanceRows } from '../../src/instances/instance-rows.ts'
import { createSocketLife } from '../../src/producers/socket-life.ts'
import type { State } from '../../src/producers/told/differing.ts'
import { type Differing, openTold } from '../../src/producers/told/told.ts'
import { forgetOtherAccount } from '../../src/producers/told/told-rows.ts'
import { createSealer } from '../../src/runtime/seal.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
const sealer = createSealer({ current: randomBytes(32), previous: null })
let postgres: TestDatabase
let log: Offer[]
beforeEach(async () => {
  postgres = await openTestDatabase('told')
  log = []
  await postgres.database.query("insert into instance_ids (instance_id, request_id, name) values ('first', 'r', 'Test')")
})
afterEach(async () => {
  await postgres.close()
})

/** As a process that has just started. */
async function open(
  append: (offers: readonly Offer[]) => Promise<void> = async () => undefined,
  database = postgres.database,
  link = '1',
) {
  const { epoch } = await openInstanceRows({ database, sealer }).takeEpoch('first')
  await forgetOtherAccount(postgres.database, { instanceId: 'first', epoch, account: link.slice(0, 1) })
  const life = createSocketLife()
  const told = openTold({
    ...{ database, instanceId: 'first', epoch, link, life, random: Math.random, logger },
    append: async offers => {
      log.push(...offers)
      await append(offers)
    },
  })
  return { ...told, life, tellAll: (states: readonly State[]) => told.tell(states, offerOf) }
}

const offerOf = ({ id, fields, eventId }: Differing): Offer => ({
  ...{ eventId: eventId('group.updated'), type: 'group.updated', instanceId: 'first', occurredAt: 1 },
  ...{ chatId: id, groupId: id, ...fields },
})
const group = (id: string, fields: Record<string, unknown>): State => ({ entity: 'group', id, fields })
const said = () =>
  log.map(offer => ({ ...offer, instanceId: undefined, type: undefined, occurredAt: undefined, chatId: undefined }))
const idsOf = () => log.map(({ eventId }) => eventId)

test('[B1] of 1,300 things told again by ten processes nothing is appended, and of a change that field alone', async () => {
  const states = Array.from({ length: 1300 }, (_, at) =>
    group(`${at}@g.us`, { subject: `Team ${at}`, announce: false, owner: null }),
  )
  await (await open()).tellAll(states)
  expect(log).toHaveLength(1300)
  for (let start = 0; start < 10; start++) await (await open()).tellAll(states)
  expect(log).toHaveLength(1300)
  await (await open()).tellAll([...states.slice(1), group('0@g.us', { subject: 'Renamed', announce: false })])
  expect(said().slice(1300)).toMatchObject([{ groupId: '0@g.us', subject: 'Renamed' }])
  expect(log[1300]).not.toHaveProperty('announce')
  expect([...(await (await open()).ids('group'))].sort()).toEqual(states.map(({ id }) => id).sort())
  expect(await (await open()).ids('contact')).toEqual([])
})

test('[B2] a death between the append and its row tells the same once more, under the same id; a value that comes again has another id', async () => {
  const appended = Promise.withResolvers<void>()
  const dying = await open(() => appended.promise)
  const telling = dying.tellAll([group('a@g.us', { subject: 'A' })])
  await expect.poll(() => log.length).toBe(1)
  dying.life.terminate('shutdown')
  appended.reject(new Error('given up'))
  await expect(telling).rejects.toThrow('given up')
  const next = await open()
  await next.tellAll([group('a@g.us', { subject: 'A' })])
  expect(log).toHaveLength(2)
  expect(new Set(idsOf()).size).toBe(1)
  for (const subject of ['B', 'A', 'B', 'A']) await next.tellAll([group('a@g.us', { subject })])
  expect(new Set(idsOf()).size).toBe(5)
  expect(log).toHaveLength(6)
})

test('[B1] [B2] a list that repeats one whose append is under way is told once that is durable, and never where it is given up', async () => {
  for (const isGivenUp of [false, true]) {
    const appended = Promise.withResolvers<void>()
    const told = await open(() => appended.promise)
    const settled: string[] = []
    const telling = ['first', 'again'].map(list =>
      told.tellAll([group('a@g.us', { subject: `A ${isGivenUp}` })]).then(
        () => settled.push(list),
        () => settled.push(`not ${list}`),
      ),
    )
    // Behind both of them in their line.
    await told.ids('group')
    expect([log.length, settled]).toEqual([isGivenUp ? 2 : 1, []])
    if (isGivenUp) told.life.terminate('shutdown')
    if (isGivenUp) appended.reject(new Error('given up'))
    else appended.resolve()
    await Promise.all(telling)
    expect(settled.toSorted()).toEqual(isGivenUp ? ['not again', 'not first'] : ['again', 'first'])
  }
})

test('[B1] another account that is linked to the instance is told of anew, under other ids; the same one linked again is not', async () => {
  const states = [group('a@g.us', { subject: 'A' })]
  const as = (link: string) => open(undefined, postgres.database, link)
  for (const link of ['1a', '1a', '1b', '2a', '2a', '1c']) await (await as(link)).tellAll(states)
  expect(said()).toMatchObject([{ subject: 'A' }, { subject: 'A' }, { subject: 'A' }])
  expect(new Set(idsOf()).size).toBe(3)
  expect(await (await as('3a')).ids('group')).toEqual([])
})

test('[B1] what a stanza changed is not told again by a list that has it, and a list from before it does not undo it', async () => {
  const told = await open()
  await told.tellAll([group('a@g.us', { subject: 'A', announce: false })])
  const changed = Promise.withResolvers<void>()
  const listed = told.tellAll([group('a@g.us', { subject: 'old', announce: true })])
  told.change([group('a@g.us', { subject: 'B' })], changed.promise)
  await listed
  expect(said().slice(1)).toMatchObject([{ announce: true }])
  expect(log[1]).not.toHaveProperty('subject')
  changed.resolve()
  await told.idle()
  await (await open()).tellAll([group('a@g.us', { subject: 'B', announce: true })])
  expect(log).toHaveLength(2)
})

test('[B1] two lists that come before the first is compared are told one after the other, the later one last', async () => {
  const told = await open()
  await Promise.all(['A', 'B', 'A'].map(subject => told.tellAll([group('a@g.us', { subject })])))
  expect(log.map(offer => 'subject' in offer && offer.subject)).toEqual(['A', 'B', 'A'])
  expect(new Set(idsOf()).size).toBe(3)
})

test('[B1] a change whose append was given up is not remembered', async () => {
  const told = await open()
  told.life.terminate('shutdown')
  told.change([group('a@g.us', { subject: 'A' })], Promise.reject(new Error('given up')))
  await told.idle()
  await (await open()).tellAll([group('a@g.us', { subject: 'A' })])
  expect(log).toHaveLength(1)
})

test('[B1] what is on its way into the log is not remembered with what came later and is there already', async () => {
  const told = await open()
  told.change([group('a@g.us', { subject: 'A' })], new Promise(() => undefined))
  await told.tellAll([group('b@g.us', { subject: 'B' })])
  await told.idle()
  expect(idsOf()).toHaveLength(1)
  await (await open()).tellAll([group('a@g.us', { subject: 'A' }), group('b@g.us', { subject: 'B' })])
  expect(said().slice(1)).toMatchObject([{ groupId: 'a@g.us', subject: 'A' }])
})

test('[B1] once the connection is closed, a database that fails for a moment loses nothing', async () => {
  let failures = 2
  const fails = async () => {
    if (failures-- > 0) throw new Error('connection reset')
  }
  const { query } = postgres.database
  const flaky: Database = {
    ...postgres.database,
    query: async (sql, values) => {
      if (sql.includes('told_states')) await fails()
      return query(sql, values)
    },
  }
  const closed = await open(undefined, flaky)
  closed.life.closed()
  await closed.tellAll([group('a@g.us', { subject: 'A' })])
  expect(log).toHaveLength(1)
  expect(failures).toBeLessThan(1)
})

test('[B1] a list that is told long after its answer does not undo what changed since, also where that is written by then', async () => {
  const told = await open()
  const place = told.answered()
  told.change([group('a@g.us', { subject: 'B' })], Promise.resolve())
  await told.idle()
  await told.tell([group('a@g.us', { subject: 'old', announce: true })], offerOf, place)
  expect(said()).toMatchObject([{ groupId: 'a@g.us', announce: true }])
  expect(log[0]).not.toHaveProperty('subject')
  await told.tellAll([group('a@g.us', { subject: 'C' })])
  expect(log).toHaveLength(2)
})

test('[B1] what changes while a list is made into events is newer than the list', async () => {
  const told = await open()
  let times = 0
  const slowly = async (differing: Differing) => {
    times += 1
    if (times === 1) told.change([group('a@g.us', { subject: 'B' })], Promise.resolve())
    return offerOf(differing)
  }
  await told.tell([group('a@g.us', { subject: 'old', announce: true })], slowly)
  expect(said()).toMatchObject([{ groupId: 'a@g.us', announce: true }])
  expect(log[0]).not.toHaveProperty('subject')
})

test('[A6] a process that another one took the instance from remembers nothing for it', async () => {
  const old = await open()
  const owner = await open()
  await expect(old.tellAll([group('a@g.us', { subject: 'A' })])).rejects.toThrow('newer epoch')
  await owner.tellAll([group('a@g.us', { subject: 'A' })])
  expect(new Set(idsOf()).size).toBe(1)
})

test('[B1] odd ids are remembered like others', async () => {
  const odd = ['', 'a\0b', 'x'.repeat(10_000), '\ud800', "'; --", 'a\nb'].map(id => group(id, { subject: '\0\ud800' }))
  await (await open()).tellAll(odd)
  expect(log).toHaveLength(odd.length)
  await (await open()).tellAll(odd)
  expect(log).toHaveLength(odd.length)
})

test('[B1] what another account read, asked for and wrote is forgotten once this one is linked, and stays while it is the same', async () => {
  const { database } = postgres
  const tables = ['socket_reads', 'presence_subscriptions', 'first_contacts', 'outgoing_turns', 'processing_sessions']
  const left = async () => {
    const counts = tables.map(table => database.query(`select from ${table} where instance_id = 'first'`))
    return (await Promise.all(counts)).map(rows => rows.length)
  }
  await open()
  await database.query(
    `insert into socket_reads (instance_id, kind, subject, expires_at) select 'first', 'about', 'nth ' || n, now() from generate_series(1, 600) n`,
  )
  await database.query(`insert into presence_subscriptions (instance_id, chat_id, subscribed_at) values ('first', 'a', now())`)
  await database.query(`insert into first_contacts (instance_id, chat_id) values ('first', 'a')`)
  await database.query(`insert into outgoing_turns (instance_id, rests_until) values ('first', now())`)
  await database.query(
    `insert into processing_sessions (session_id, instance_id, chat_id, message_id, target, timeout_at) values ('a', 'first', 'a', 'M', '{}', now())`,
  )
  await open()
  expect(await left()).toEqual([600, 1, 1, 1, 1])
  await open(undefined, undefined, '2')
  expect(await left()).toEqual([0, 0, 0, 0, 0])
})
