// The try of a message begins with the keys that encrypt it, in one statement; by itself where no key is written, and not at all where nobody asks.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DatabaseError } from '../../src/database/database.ts'
import type { MessageTry } from '../../src/instances/command-tries.ts'
import { type Account, type AuthRig, aSession, openAuthRig } from '../ground/producers/auth-rig.ts'
import { until } from '../ground/until.ts'

let rig: AuthRig
let account: Account
beforeAll(async () => {
  rig = await openAuthRig('tries with keys')
  account = await rig.open()
})
afterAll(() => rig.close())

const secretOf = (commandId: string) => ({
  instanceId: 'first',
  message: Buffer.from(commandId.padEnd(16)),
  author: Buffer.alloc(16),
  sealed: Buffer.from('sealed'),
  isForEver: true,
})

/** Claimed by the owner, if nobody else. */
async function aTry(commandId: string, epoch = account.epoch): Promise<MessageTry> {
  await rig.database.query(
    `insert into commands (instance_id, command_id, digest, state, event_id, place, operation, chat_id, message_id, body, asked_at, expires_at, epoch)
     values ('first', $1, 'aa', 'sending', $1, 1, 'message.send', $1, $1, '{}', now(), now() + interval '1 day', $2)`,
    [commandId, epoch],
  )
  return { commandId, tries: 1, built: Buffer.from(`what is sent for ${commandId}`), secrets: [secretOf(commandId)] }
}

const kept = async ({ commandId }: MessageTry) => {
  const [row] = await rig.database.query<{ tries: number; built: Buffer | null; secrets: number }>(
    `select tries, built, (select count(*)::int from message_secrets m where m.message = $2) as secrets from commands where command_id = $1`,
    [commandId, Buffer.from(commandId.padEnd(16))],
  )
  return [row?.tries, row?.built?.toString() ?? null, row?.secrets]
}
const begun = (one: MessageTry) => [1, one.built.toString(), 1]
const notBegun = [0, null, 0]

test('[F1] [B2] of several that wait all begin with the next keys, in their statement', async () => {
  const tries = [await aTry('a'), await aTry('b')]
  const beginning = tries.map(one => account.auth.beginTry(one))
  expect(await rig.counting(async () => account.auth.keys.set(aSession('peer.0', { theirs: 1 })))).toBe(1)
  expect(await Promise.all(tries.map(kept))).toEqual(tries.map(begun))
  expect(await rig.counting(async () => expect(await Promise.all(beginning.map(one => one.began()))).toEqual([true, true]))).toBe(
    0,
  )
})

test('[F1] it begins by itself where somebody asks and no key is written', async () => {
  const one = await aTry('c')
  expect(await account.auth.beginTry(one).began()).toBe(true)
  expect(await kept(one)).toEqual(begun(one))
})

test('[F1] what is forgotten before anybody asked never begins', async () => {
  const one = await aTry('d')
  expect(account.auth.beginTry(one).forget()).toBe(true)
  await account.auth.keys.set(aSession('peer.0', { theirs: 2 }))
  expect(await kept(one)).toEqual(notBegun)
})

test('[F1] what is on its way with somebody’s keys is not forgotten: whether it began is said once that is known', async () => {
  const one = await aTry('i')
  const held = Promise.withResolvers<void>()
  rig.seen.fault = () => ({ delay: held.promise })
  const before = rig.seen.writes
  const { began, forget } = account.auth.beginTry(one)
  const others = account.auth.keys.set(aSession('peer.0', { theirs: 4 }))
  await until('it is on its way', async () => rig.seen.writes > before)
  expect(forget()).toBe(false)
  held.resolve()
  await others
  expect([await began(), await kept(one)]).toEqual([true, begun(one)])
  rig.seen.fault = () => null
})

test('[F1] [A3] what is not its owner’s any more does not begin, with its secrets, and the keys beside it are written', async () => {
  const [taken, own] = [await aTry('e', account.epoch + 1), await aTry('f')]
  const beginning = [taken, own].map(one => account.auth.beginTry(one))
  await account.auth.keys.set(aSession('other.0', { theirs: 1 }))
  expect(await Promise.all(beginning.map(one => one.began()))).toEqual([false, true])
  expect([await kept(taken), await kept(own)]).toEqual([notBegun, begun(own)])
  expect(await rig.keys()).toContain('session/other.0')
})

test('[F1] a write whose answer is lost is made again, and counts once', async () => {
  const one = await aTry('g')
  const lost = new DatabaseError('unreachable', 'writing keys: the connection is lost', { perhapsDone: true })
  let isLost = false
  rig.seen.fault = () => {
    if (isLost) return null
    isLost = true
    return { failAfter: lost }
  }
  const { began } = account.auth.beginTry(one)
  await account.auth.keys.set(aSession('peer.0', { theirs: 3 }))
  expect(await began()).toBe(true)
  expect(await kept(one)).toEqual(begun(one))
  const [row] = await rig.database.query("select is_unanswered from commands where command_id = 'g'")
  expect(row).toEqual({ is_unanswered: false })
  rig.seen.fault = () => null
})

test('[F1] whoever asks hears of the socket’s end, and nothing begins after it', async () => {
  const one = await aTry('h')
  const { began } = account.auth.beginTry(one)
  account.life.terminate('fenced')
  await expect(began()).rejects.toThrow('the socket has ended')
  expect(await kept(one)).toEqual(notBegun)
})
