// What one event costs does not grow with what somebody wrote before: rows looked at, as Postgres counts them.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { Transaction } from '../../src/database/database.ts'
import type { Event } from '../../src/events/event.ts'
import { topicOfEvent } from '../../src/events/topics.ts'
import { readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import { settleStatements } from '../../src/projections/read-model/settle-statements.ts'
import { openTestDatabase } from '../ground/database.ts'
import { aGroup, anEvent, somebody, somebodyElse, testStartAt, us } from '../ground/events.ts'
import { makeListIndexes } from '../ground/lists/make-list-indexes.ts'
import { never, openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'
import { applyTo } from '../ground/projections/apply-to.ts'

const BEFORE = 2_000
/** Of a handful of index entries, whatever the plan. */
const FEW = 50
let dsl: ProjectionDsl
beforeAll(async () => {
  dsl = await openProjectionDsl('edits cost', readModel, { tables: readModelTables })
})
afterAll(() => dsl.close())

const inGroup = { chatId: aGroup, chatPn: null, isGroup: true }
const by = ({ lid, pn }: { lid: string; pn: string }) => ({ senderId: lid, senderPn: pn })
const target = { messageId: 'TARGET', ...inGroup, ...by(somebody), text: 'first', occurredAt: testStartAt }
type Change = 'message.edited' | 'message.revoked'
const change = (type: Change, index: number, more: object) =>
  anEvent(type, {
    ...{ targetMessageId: 'TARGET', ...inGroup, occurredAt: testStartAt + 1000 + index },
    ...(type === 'message.edited' && { interactive: '{}' }),
    ...more,
  })

/** How many rows of these tables are looked at where the message comes once more, and is settled. */
const rowsSettled = (tables = ['message_edits', 'message_edited_contents', 'message_revokes']) =>
  dsl.test.database.transact(async tx => {
    const before = await rowsRead(tx, tables)
    await applyTo(tx, readModel, [
      { event: anEvent('message.received', target), position: { topic: 'wa.events', partition: 0, nextOffset: 1n } },
    ])
    return (await rowsRead(tx, tables)) - before
  }, never)

async function rowsRead(tx: Transaction, tables: readonly string[]): Promise<number> {
  const [row] = await tx.query<{ rows: string }>(
    `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) as rows from pg_stat_xact_user_tables
      where relname = any ($1)`,
    [tables],
  )
  return Number(row?.rows ?? 0)
}

describe.each(['message.edited', 'message.revoked'] as const)('%s', type => {
  it.each([
    ['its sender', by(somebody)],
    ['somebody else in the group', by(somebodyElse)],
    ['somebody else who names it', { ...by(somebodyElse), targetSenderId: somebodyElse.lid }],
    ['us', { ...by(us), fromMe: true }],
    ['somebody in another chat', { ...by(somebody), chatId: somebody.lid, chatPn: somebody.pn, isGroup: false }],
  ])(`[D1] after ${BEFORE} by %s the next one looks at a handful of them`, async (_who, more) => {
    const world = await dsl.freshWorld()
    await world.append([anEvent('message.received', target)])
    await world.append(Array.from({ length: BEFORE }, (_, index) => change(type, index, more)))
    await world.projectAll()
    expect(await rowsSettled()).toBeLessThan(FEW)
  })
})

describe.each(['before', 'after'])('%s indexes are made beside the work', when => {
  it(`[D1] after ${BEFORE} that could not be read a message looks at a handful of them`, async () => {
    const world = await dsl.freshWorld()
    if (when === 'after') await makeListIndexes(dsl.test)
    const unread = (index: number) => ({
      messageId: `UNREAD${index}`,
      ...inGroup,
      ...by(somebody),
      occurredAt: testStartAt + index,
    })
    await world.append(Array.from({ length: BEFORE }, (_, index) => anEvent('message.undecryptable', unread(index))))
    await world.projectAll()
    await dsl.test.database.query('analyze read_model_1.messages')
    expect(await rowsSettled(['messages'])).toBeLessThan(FEW)
  })
})

it(`[D1] [B6] after ${BEFORE} of history a message that comes by itself looks at a handful of them, and so does the next of history`, async () => {
  const world = await dsl.freshWorld()
  const past = (index: number) =>
    anEvent('message.history', { messageId: `PAST${index}`, ...inGroup, ...by(somebody), occurredAt: testStartAt + index })
  await world.append(Array.from({ length: BEFORE }, (_, index) => past(index)))
  await world.projectAll()
  for (const table of ['messages', 'provisional_messages']) await dsl.test.database.query(`analyze read_model_1.${table}`)
  const looked = (event: Event) =>
    dsl.test.database.transact(async tx => {
      const before = await rowsRead(tx, ['messages', 'provisional_messages'])
      await applyTo(tx, readModel, [{ event, position: { topic: `wa.${topicOfEvent(event)}`, partition: 0, nextOffset: 1n } }])
      return (await rowsRead(tx, ['messages', 'provisional_messages'])) - before
    }, never)
  expect(await looked(anEvent('message.received', { ...target, messageId: 'NEW' }))).toBeLessThan(FEW)
  expect(await looked(past(BEFORE))).toBeLessThan(FEW)
  expect(await looked(anEvent('message.received', { ...target, messageId: 'PAST7' }))).toBeLessThan(FEW)
})

it.each([
  ['that comes by itself', false],
  ['of history', true],
])(`[D1] a plan from before there was a message looks, for one %s, at a handful of ${BEFORE}`, async (_which, is_provisional) => {
  const { database, url, close } = await openTestDatabase('plan of none', { poolSize: 1 })
  onTestFinished(close)
  await makeListIndexes({ database, url, close })
  const { spokenOf } = settleStatements('read_model_1')
  const asked = [JSON.stringify([{ instance_id: 'shop', message_id: 'M7', is_provisional }])]
  for (let time = 0; time < 10; time++) await database.query(spokenOf, asked)
  await database.query(
    `insert into read_model_1.messages (event_id, instance_id, chat_id, message_id, from_me, epoch, sequence, kind, is_group, occurred_at, changed_by_event)
     select 'e' || n, 'shop', 'x@lid', 'M' || n, false, 1, n, 'text', false, now(), 'e' || n from generate_series(1, $1::integer) n`,
    [BEFORE],
  )
  const read = await database.transact(async tx => {
    await tx.query(spokenOf, asked)
    return rowsRead(tx, ['messages'])
  }, never)
  expect(read).toBeLessThan(FEW)
})

it('[D1] of thousands of edits the last one is the text, also in the second of others', async () => {
  const edits = Array.from({ length: 300 }, (_, index) =>
    change('message.edited', 0, {
      ...by(somebody),
      text: `edit ${index}`,
      occurredAt: testStartAt + Math.floor(index / 100) * 1000,
    }),
  )
  const forged = change('message.edited', 9_000, { ...by(somebodyElse), text: 'forged' })
  await dsl
    .given(anEvent('message.received', target), ...edits, forged)
    .thenRow('messages', { message_id: 'TARGET' }, { text: 'edit 299' })
})
