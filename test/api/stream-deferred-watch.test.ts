// What is looked up for those who follow command.deferred: little for many accounts and many readers, each told once of what is so.
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type DeferredReader, openDeferredWatch } from '../../src/api/stream/deferred-watch.ts'
import { accept } from '../ground/api/put-off.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { flaky, type Plan } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

let ground: TestDatabase
/** How often it was looked, and how often for the addresses of chats. */
let counted = { looks: 0, addresses: 0 }
/** A look waits for it. */
let held: Promise<void> | null = null
beforeAll(async () => {
  ground = await openTestDatabase('stream-deferred-watch')
})
afterEach(() => {
  counted = { looks: 0, addresses: 0 }
  held = null
})
afterAll(() => ground.close())

const counting: Plan = ({ args: [sql] }) => {
  if (String(sql).includes('addresses_of')) counted.addresses += 1
  if (!String(sql).startsWith('select given.instance_id from')) return null
  counted.looks += 1
  return held === null ? null : { delay: held }
}

function openWatch(lookMs: number) {
  const stopping = new AbortController()
  onTestFinished(() => stopping.abort())
  const database = flaky(ground.database, counting)
  return openDeferredWatch({ database, lookMs, clock: Date.now, logger: collectLogLines(), stopping: stopping.signal })
}

/** Only when somebody begins. */
const NEVER_AGAIN_MS = 3_600_000

/** Whoever is told before a look begins that begins after this was told by a look as a whole. */
async function lookedAgain(): Promise<void> {
  const before = counted.looks
  await until('two looks', () => counted.looks >= before + 2)
}

const query = (sql: string, values: unknown[]) => ground.database.query(sql, values)

let made = 0
/** Not open, each with a command. */
async function accounts(count: number): Promise<readonly string[]> {
  const ids = Array.from({ length: count }, () => `shop-${++made}`)
  await query("insert into instance_ids (instance_id, request_id, name) select id, id, '' from unnest($1::text[]) id", [ids])
  const [first = '', ...others] = ids
  await accept(ground.database, first)
  await query(
    `insert into commands (instance_id, command_id, digest, state, event_id, operation, chat_id, message_id, body, expires_at, place)
     select id, 'of-' || id, digest, state, event_id, operation, chat_id, message_id, body, expires_at, place
     from commands, unnest($2::text[]) id where instance_id = $1`,
    [first, others],
  )
  return ids
}

type Told = { reader: DeferredReader; said: string[] }
function aReader(instanceIds: readonly string[], of: Partial<DeferredReader> = {}): Told {
  const said: string[] = []
  const say = (frame: Buffer) => said.push(frame.toString()) > 0
  return { reader: { instanceIds, chatId: null, isAskedFor: one => instanceIds.includes(one.instanceId), say, ...of }, said }
}

test('[F2] [J1] whoever begins is told at once, and does not wait for the next look', async () => {
  const { reader, said } = aReader(await accounts(1))
  openWatch(NEVER_AGAIN_MS).join(reader)
  await until('it is told', () => said.length === 1)
})

test('[F2] [H1] a reader that takes nothing for now is told later what is so by then, and who has left nothing', async () => {
  const [id = ''] = await accounts(1)
  const watch = openWatch(5)
  const took: boolean[] = []
  const { reader } = aReader([id], { say: () => took.push(took.length === 2) > 2 })
  watch.join(reader)
  watch.join(aReader([id]).reader)
  await until('it is told', () => took.length === 3)
  watch.leave(reader)
  await query(`update commands set state = 'completed' where instance_id = $1`, [id])
  await accept(ground.database, id)
  await lookedAgain()
  expect(took).toEqual([false, false, true])
})

test('[F2] [H1] of 600 accounts that are not open each is said once, however often it is looked', async () => {
  const ids = await accounts(600)
  const { reader, said } = aReader(ids)
  openWatch(5).join(reader)
  await until('all are told', () => said.length >= ids.length)
  await lookedAgain()
  expect(said).toHaveLength(ids.length)
  expect(counted.addresses).toBe(0)
})

test('[F2] [H1] what is news and was not taken is none any more where it is as it was told before', async () => {
  const [id = ''] = await accounts(1)
  let takes = true
  const offered: string[] = []
  const { reader } = aReader([id], { say: frame => offered.push(frame.toString()) > 0 && takes })
  const becomes = (state: string) => query('update instances set state = $2 where instance_id = $1', [id, state])
  await query(`insert into instances (instance_id, state, changed_by_event) values ($1, 'created', '')`, [id])
  openWatch(5).join(reader)
  await until('it is told', () => offered.length === 1)
  takes = false
  await becomes('closed')
  await until('it is offered', () => offered.length > 1)
  await becomes('created')
  await lookedAgain()
  takes = true
  const before = offered.length
  await lookedAgain()
  expect(offered).toHaveLength(before)
})

test('[F2] [H1] the addresses of chats are looked up once a look, for all accounts and all who follow a chat', async () => {
  const ids = await accounts(20)
  const [row] = await ground.database.query<{ chat_id: string }>('select chat_id from commands where instance_id = $1', [ids[0]])
  const followers = Array.from({ length: 10 }, () => aReader(ids, { chatId: row?.chat_id ?? '' }))
  const ofAnother = aReader(ids, { chatId: 'another@lid' })
  const watch = openWatch(NEVER_AGAIN_MS)
  for (const { reader } of [ofAnother, ...followers]) watch.join(reader)
  await until('all are told', () => followers.every(({ said }) => said.length === ids.length))
  expect(counted.addresses).toBeLessThanOrEqual(counted.looks)
  expect(ofAnother.said).toHaveLength(0)
})

test('[F2] [J1] [H1] of 200 who begin at once all are told by one look more, and none is made for who has left by then', async () => {
  const ids = await accounts(1)
  const { promise, resolve } = Promise.withResolvers<void>()
  held = promise
  const watch = openWatch(NEVER_AGAIN_MS)
  const [first, gone] = [aReader(ids), Array.from({ length: 50 }, () => aReader(ids))]
  watch.join(first.reader)
  await until('it is looked', () => counted.looks === 1)
  for (const { reader } of gone) {
    watch.join(reader)
    watch.leave(reader)
  }
  const many = Array.from({ length: 200 }, () => aReader(ids))
  for (const { reader } of many) watch.join(reader)
  held = null
  resolve()
  await until('all are told', () => [first, ...many].every(({ said }) => said.length === 1))
  expect(counted.looks).toBe(2)
  for (const { reader } of gone) {
    watch.join(reader)
    watch.leave(reader)
  }
  const last = aReader(ids)
  watch.join(last.reader)
  await until('it is told', () => last.said.length === 1)
  expect(counted.looks).toBe(3)
  expect(gone.flatMap(({ said }) => said)).toEqual([])
})
