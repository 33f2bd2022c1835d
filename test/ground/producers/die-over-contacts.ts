// A phone with many contacts is linked, and the process dies again and again: what is in the log then.
import { expect } from 'vitest'
import type { PhoneAction } from '../../../simulator/accounts/app-state/actions.ts'
import { until } from '../until.ts'
import type { Rig } from './rig.ts'

const chat = '100000000000011@lid'

/** The first death comes in the middle of the first telling. Its deadline is the caller's. */
export async function expectNothingTwice(rig: Rig, { contacts, deaths }: { contacts: number; deaths: number }): Promise<void> {
  await rig.start()
  const device = await rig.pair('first')
  device.act(...Array.from({ length: contacts }, (_, index) => contactOf(index)))
  await device.shareAppState()
  await until('telling has begun', async () => (await countTold(rig)) > 0, 120_000)
  for (let death = 1; death <= deaths; death++) {
    await cutTheLock(rig)
    await until('the socket is gone', () => !device.isOnline())
    device.act({ kind: 'archive', chat, on: death % 2 === 1 })
    await until('the chat is told', async () => (await timesTold(rig)) >= death, 120_000)
    await until('every contact is told', async () => (await countTold(rig)) === contacts, 120_000)
    await until('the lists are remembered as told', () => areListsTold(rig))
  }
  const told = await rig.eventsOf('contact.updated')
  // Those that a death found between their append and its mark come again, as copies under one id.
  expect(new Set(told.map(({ eventId }) => eventId)).size).toBe(contacts)
  expect(told.every(({ origin }) => origin === 'snapshot')).toBe(true)
  const chats = (await rig.eventsOf('chat.updated')).filter(
    ({ eventId }, at, all) => all.findIndex(one => one.eventId === eventId) === at,
  )
  expect(chats.map(({ archived }) => archived)).toEqual(chats.map((_, index) => index % 2 === 0))
  // From the second on all that there is had been told, so that it is known to have changed.
  expect(chats.slice(1).map(({ origin }) => origin)).toEqual(chats.slice(1).map(() => 'change'))
  expect((await rig.eventsOf('unknown')).filter(({ source }) => source === 'baileys')).toEqual([])
}

function contactOf(index: number): PhoneAction {
  const user = String(index).padStart(4, '0')
  return { kind: 'contact', jid: `551190000${user}@s.whatsapp.net`, lid: `10000000000${user}@lid`, name: `Contact ${user}` }
}

/** As kill -9 is for the account: nothing of its epoch becomes durable any more. The server is everybody's, and has locks of other tests, too. */
export const cutTheLock = (rig: Rig) =>
  rig.database.database.query(
    `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = ${0x7a61706c}
       and database = (select oid from pg_database where datname = current_database())`,
  )

/** The log is too long by then to be read again and again. */
const countTold = async ({ database }: Rig): Promise<number> => {
  const sql = `select count(*)::int as count from told_states where entity = 'contact'`
  return (await database.database.query<{ count: number }>(sql))[0]?.count ?? 0
}
/** Those that contacts and chats are in. Written after what they told: a death in between tells both as a snapshot again. */
const areListsTold = async ({ database }: Rig): Promise<boolean> => {
  const sql = `select 1 from told_states where entity = 'list told' and id ~ ' (critical_unblock_low|regular_low)$'`
  return (await database.database.query(sql)).length === 2
}
const timesTold = async ({ database }: Rig): Promise<number> => {
  const sql = `select version::int as version from told_states where entity = 'chat' and id = $1`
  return (await database.database.query<{ version: number }>(sql, [chat]))[0]?.version ?? 0
}
