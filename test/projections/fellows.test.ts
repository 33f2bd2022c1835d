// Both projections of a member take a batch in one transaction, whose statements do not grow with what it holds; and whatever keeps the one
// from going on keeps the other from nothing.
import { expect, it } from 'vitest'
import { openSession } from '../../src/database/session.ts'
import { LogError } from '../../src/log/log.ts'
import { aCopyOf, anEvent, somebodyElse } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/projection-dsl.ts'
import { useFellowsWorld } from '../ground/projections/fellows-world.ts'
import { anImage, stored } from '../ground/webhooks/open-stream.ts'

const logger = collectLogLines(['projection.quarantined'])
const world = useFellowsWorld(logger)

const applied = { kind: 'applied' }
const moved = { kind: 'moved', nextOffset: 0n }
/** How long those that failed together go alone the first time. */
const FIRST_MS = 1_000
const partedLines = () => logger.lines.filter(line => line.event === 'projection.parted').length
/** One reads, one writes. */
const GATHER_AND_WRITE = 2
/** What is owed to the log. */
const OWED = 1
/** Outside of the transaction, where the log takes no part in it: what is owed is read, and gone once it is appended. */
const PAID = 2
const statementsOfEach = () =>
  world()
    .transactions()
    .map(statements => statements.length)
const rows = (table: string) => world().database.query(`select from ${table}`)
const eventsRead = async () => {
  const read = await world().database.query<{ projection: string; events: string }>(
    `select projection, offsets ->> 'events' as events from projection_checkpoints where partition = 0 order by projection`,
  )
  return read.map(row => Number(row.events))
}

it('[D2] one message alone is one transaction for both projections: one statement reads, one writes, whatever it is', async () => {
  const image = anImage()
  for (const event of [
    anEvent('message.received'),
    image,
    anEvent('message.receipt-updated'),
    stored(image),
    anEvent('contact.updated'),
  ]) {
    expect(await world().handle(world().batchOf(event))).toEqual([applied, applied])
    expect(statementsOfEach(), event.type).toEqual([GATHER_AND_WRITE])
  }
  expect(await eventsRead()).toEqual([4, 4])
  expect(await rows('messages')).toHaveLength(2)
})

it('[D2] [E3] what is released to a log elsewhere costs three more in all: a row, and that it is read and gone', async () => {
  await world().endpoint(['message.received'])
  world().statements()
  const image = anImage({ chatId: somebodyElse.lid, chatPn: somebodyElse.pn })
  await world().handle(world().batchOf(anEvent('message.received')))
  expect(world().statements()).toBe(GATHER_AND_WRITE + OWED + PAID)
  await world().handle(world().batchOf(image))
  expect(world().statements(), 'it is held').toBe(GATHER_AND_WRITE)
  await world().handle(world().batchOf(stored(image)))
  expect(world().statements()).toBe(GATHER_AND_WRITE + OWED + PAID)
  expect(world().appended).toHaveLength(2)
})

it('[D2] the transaction of a batch of 500 of all kinds has as many statements as that of one; settling is one more where something was edited', async () => {
  await world().endpoint(['*'])
  const texts = Array.from({ length: 200 }, (_, at) => anEvent('message.received', { messageId: `M${at}` }))
  const images = Array.from({ length: 100 }, () => anImage())
  const receipts = Array.from({ length: 150 }, (_, at) => anEvent('message.receipt-updated', { messageIds: [`M${at}`] }))
  const reactions = Array.from({ length: 50 }, (_, at) => anEvent('message.reacted', { targetMessageId: `M${at}` }))
  await world().handle(world().batchOf(...texts, ...images, ...receipts, ...reactions))
  expect(statementsOfEach()).toEqual([GATHER_AND_WRITE + OWED])
  await world().handle(world().batchOf(...images.map(image => stored(image))))
  expect(statementsOfEach()).toEqual([GATHER_AND_WRITE + OWED])
  const edits = texts.map(({ messageId }) => anEvent('message.edited', { targetMessageId: messageId ?? '' }))
  await world().handle(world().batchOf(...edits))
  expect(statementsOfEach()).toEqual([GATHER_AND_WRITE + OWED + 1])
  expect(await world().database.query('select from messages where edited_at is not null')).toHaveLength(200)
})

it('[B3] [B8] copies cost what it takes to know and to count them, and nothing else is written', async () => {
  const event = anEvent('message.received')
  await world().handle(world().batchOf(event))
  world().transactions()
  await world().handle(world().batchOf(aCopyOf(event, 2)))
  expect(statementsOfEach()).toEqual([2])
})

it('[D2] [E3] while somebody holds a table of the read model, webhooks wait for it once and then go on alone; both are together again some time after it has caught up', async () => {
  await world().endpoint(['message.received'])
  const lock = await openSession({ url: world().url, applicationName: 'lock' }, never)
  await lock.query('begin')
  await lock.query('lock table read_model_1.messages in access exclusive mode')
  const batches = Array.from({ length: 4 }, () => world().batchOf(anEvent('message.received')))
  const [first, ...others] = batches
  if (first === undefined) throw new Error('no batch')
  expect(await world().webhooks.handle(first, never)).toEqual(applied)
  expect(partedLines()).toBe(1)
  world().transactions()
  for (const batch of others) expect(await world().webhooks.handle(batch, never)).toEqual(applied)
  expect(statementsOfEach(), 'alone').toEqual(others.map(() => GATHER_AND_WRITE + OWED))
  expect(world().appended).toHaveLength(batches.length)
  expect(await world().readModel.handle(first, never)).toMatchObject({ kind: 'retry' })
  await lock.query('commit')
  await lock.close()
  for (const batch of batches) expect(await world().readModel.handle(batch, never)).toEqual(applied)
  expect(await eventsRead()).toEqual([4, 4])
  world().transactions()
  await world().handle(world().batchOf(anEvent('message.received')))
  expect(statementsOfEach(), 'not yet').toEqual([GATHER_AND_WRITE + OWED, GATHER_AND_WRITE])
  world().faults.nowMs = FIRST_MS
  await world().handle(world().batchOf(anEvent('message.received')))
  expect(statementsOfEach(), 'together').toEqual([GATHER_AND_WRITE + OWED])
})

it('[D2] what fails only together is tried together less and less often, and said once', async () => {
  const before = partedLines()
  const together: number[] = []
  world().faults.beforeCommit = async () => {
    if (world().transactions().flat().join().split('update projection_checkpoints c').length === 3) {
      together.push(world().faults.nowMs)
      throw new RangeError('both are too much')
    }
  }
  for (; world().faults.nowMs < 8 * FIRST_MS; world().faults.nowMs += FIRST_MS / 4)
    expect(await world().handle(world().batchOf(anEvent('message.received')))).toEqual([applied, applied])
  expect(together).toEqual([0, FIRST_MS, 3 * FIRST_MS, 7 * FIRST_MS])
  expect(partedLines() - before).toBe(1)
})

it('[D2] [E3] while the log takes no deliveries the read model goes on, whoever it took along; they are appended when the log is back', async () => {
  await world().endpoint(['message.received'])
  const { promise: back, resolve: comeBack } = Promise.withResolvers<void>()
  world().faults.beforeAppend = () => back
  const [first, second] = [world().batchOf(anEvent('message.received')), world().batchOf(anEvent('message.received'))]
  const leading = new AbortController()
  expect(await world().readModel.handle(first, leading.signal)).toEqual(applied)
  leading.abort()
  expect(await world().readModel.handle(second, never)).toEqual(applied)
  expect(await eventsRead()).toEqual([2, 1])
  expect(await rows('projection_outbox')).toHaveLength(1)
  const waiting = [first, second].map(batch => world().webhooks.handle(batch, never))
  comeBack()
  expect(await Promise.all(waiting)).toEqual([applied, applied])
  expect([world().appended.length, (await rows('projection_outbox')).length]).toEqual([2, 0])
})

it('[D2] [E3] who cannot pay the log what a step left it to owe says so, and pays with its next batch', async () => {
  await world().endpoint(['message.received'])
  world().faults.beforeAppend = () => Promise.reject(new LogError('unavailable', 'appending: no log'))
  const batch = world().batchOf(anEvent('message.received'))
  expect(await world().readModel.handle(batch, never)).toEqual(applied)
  await world().webhooks.idle()
  expect(logger.lines.filter(line => line.event === 'projection.outbox-left')).toMatchObject([
    { fields: { projection: 'webhook-stream', partitions: [0] } },
  ])
  expect(await world().webhooks.handle(batch, never)).toMatchObject({ kind: 'retry' })
  world().faults.beforeAppend = async () => undefined
  expect(await world().webhooks.handle(batch, never)).toEqual(applied)
  expect(world().appended).toHaveLength(1)
})

it('[D2] a key that the read model leaves out parts them: webhooks of it go on, and they are together again once it is read again', async () => {
  await world().endpoint(['message.received'])
  await world().database.query(
    `insert into projection_quarantine (projection, version, partition, key, offsets, topic, "offset", error_code, error_message)
     values ('read-model', 1, 0, 'shop', '{"events":"0"}', 'events', '0', 'x', 'x')`,
  )
  await world().readModel.reread(never)
  world().transactions()
  expect(await world().handle(world().batchOf(anEvent('message.received')))).toEqual([applied, applied])
  expect(statementsOfEach(), 'each alone; the read model moves its checkpoint').toEqual([GATHER_AND_WRITE + OWED, 1])
  expect([world().appended.length, (await rows('messages')).length]).toEqual([1, 0])
  await world().database.query('delete from projection_quarantine')
  await world().readModel.reread(never)
  await world().handle(world().batchOf(anEvent('message.received')))
  expect(statementsOfEach(), 'together').toEqual([GATHER_AND_WRITE + OWED])
})

it.each([
  { lost: 'read-model', byLeader: [applied, moved] },
  { lost: 'webhook-stream', byLeader: [moved, applied] },
])(
  '[D2] of two members the one that lost the $lost takes nothing of it together, and nothing twice',
  async ({ lost, byLeader }) => {
    await world().endpoint(['message.received'])
    await world().database.query('update projection_checkpoints set revision = revision + 1 where projection = $1', [lost])
    const batch = world().batchOf(anEvent('message.received'))
    expect(await world().handle(batch)).toEqual(byLeader)
    expect([world().appended.length, (await rows('messages')).length]).toEqual(
      byLeader.map(({ kind }) => Number(kind === 'applied')),
    )
    expect(await world().handle(batch)).toEqual([applied, applied])
    expect([world().appended.length, (await rows('messages')).length]).toEqual([1, 1])
    expect(await eventsRead()).toEqual([1, 1])
  },
)
