// A contact who writes for the first time has no keys: each absence is a round trip of its own unless all are read ahead, in one.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import type { Database } from '../../src/database/database.ts'
import { openInstanceRows } from '../../src/instances/instance-rows.ts'
import { openAuthState } from '../../src/producers/auth/auth-state.ts'
import type { KeyName } from '../../src/producers/auth/auth-tables.ts'
import { createKeyWriter } from '../../src/producers/auth/key-writer.ts'
import { keysNamedBy } from '../../src/producers/socket/keys-ahead.ts'
import { createSocketLife } from '../../src/producers/socket-life.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openRig, ownerPn, type Rig } from '../ground/producers/rig.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('keys ahead', logger)
})
afterEach(() => rig.close())

const isRead = (sql: unknown) => String(sql).includes('from auth_keys') && !String(sql).includes('owner')
const isReadAhead = (sql: unknown) => String(sql).includes('join auth_keys')

test('[A2] [B2] first messages of new contacts, alone and in a group, ask Postgres for no key by itself', async () => {
  const alone: string[] = []
  const ahead: string[] = []
  const database = flaky(rig.database.database, ({ name, args: [sql, values] }) => {
    if (name === 'query' && isRead(sql)) alone.push(JSON.stringify(values))
    if (name === 'query' && isReadAhead(sql)) ahead.push(String(sql))
    return null
  })
  await rig.start({ database })
  const device = await rig.pair('first')
  const contacts = Array.from({ length: 20 }, (_, nth) => rig.simulator.contact({ pn: `55119000000${11 + nth}` }))
  const group = rig.simulator.group({ subject: 'Clientes', members: contacts })
  await Promise.all(contacts.map(contact => device.send(contact, text('first'))))
  await rig.untilEvents('message.received', 20)
  await Promise.all(contacts.map(contact => device.sendGroup(group, contact, text('in the group'))))
  alone.length = 0
  ahead.length = 0
  await rig.untilEvents('message.received', 40)
  expect(await rig.eventsOf('message.undecryptable')).toEqual([])
  expect(alone.filter(values => !values.includes('_reverse'))).toEqual([])
  expect(ahead.length).toBeLessThan(20)
})

describe('the key store', () => {
  const names: readonly KeyName[] = [
    { type: 'session', id: 'a' },
    { type: 'session', id: 'b' },
    { type: 'pre-key', id: '1' },
  ]
  const bytes = (said: string) => Buffer.from(said)

  async function open(wrap: (database: Database) => Database = database => database) {
    await rig.create('first')
    const { epoch } = await openInstanceRows({ database: rig.database.database, sealer: rig.sealer }).takeEpoch('first')
    const deps = { sealer: rig.sealer, life: createSocketLife(), timeoutMs: 10_000, random: Math.random, logger }
    const database = wrap(rig.database.database)
    return openAuthState({
      ...deps,
      appended: async () => undefined,
      database,
      keyWriter: createKeyWriter({ database, timeoutMs: 10_000 }),
      instanceId: 'first',
      epoch,
    })
  }
  const sessions = async (auth: Awaited<ReturnType<typeof open>>) => Promise.resolve(auth.keys.get('session', ['a', 'b']))

  test('[A4] what was read ahead, and what is not there, is not read again', async () => {
    let reads = 0
    const auth = await open(database =>
      flaky(database, ({ name, args: [sql] }) => {
        if (name === 'query' && isRead(sql)) reads += 1
        return null
      }),
    )
    await auth.keys.set({ 'pre-key': { 1: { public: bytes('p'), private: bytes('q') } } })
    reads = 0
    await auth.readAhead(names)
    expect(await sessions(auth)).toEqual({})
    expect(await auth.keys.get('pre-key', ['1'])).toEqual({ 1: { public: bytes('p'), private: bytes('q') } })
    expect(reads).toBe(0)
    await auth.keys.set({ 'pre-key': { 1: null }, session: { a: bytes('one') } })
    expect(await auth.keys.get('pre-key', ['1'])).toEqual({})
    expect(await sessions(auth)).toEqual({ a: bytes('one') })
  })

  test('[A4] a write that begins while it is read ahead is what stays, whichever answer comes first', async () => {
    const held = Promise.withResolvers<void>()
    const isHeld = Promise.withResolvers<void>()
    const auth = await open(database => ({
      ...database,
      query: async <Row>(sql: string, values?: readonly unknown[]) => {
        const rows = await database.query<Row>(sql, values)
        if (isReadAhead(sql)) {
          isHeld.resolve()
          await held.promise
        }
        return rows
      },
    }))
    const reading = auth.readAhead(names)
    await isHeld.promise
    await auth.keys.set({ session: { a: bytes('new') } })
    held.resolve()
    await reading
    expect(await sessions(auth)).toEqual({ a: bytes('new') })
  })

  test('[A4] what could not be read ahead is read when it is asked for', async () => {
    let fails = 1
    const auth = await open(database =>
      flaky(database, ({ name, args: [sql] }) =>
        name === 'query' && isReadAhead(sql) && fails-- > 0 ? { fail: new Error('on purpose') } : null,
      ),
    )
    await auth.keys.set({ session: { a: bytes('one') } })
    await auth.readAhead([{ type: 'session', id: 'b' }])
    expect(await sessions(auth)).toEqual({ a: bytes('one') })
  })
})

test('[B4] names what Baileys asks for, of every form of an address, and nothing of what is no message', async () => {
  const enc = (type: string) => ({ tag: 'enc', attrs: { type }, content: Buffer.from([0x33]) })
  const from = { from: '200:3@lid', sender_pn: `${ownerPn}@s.whatsapp.net` }
  expect(keysNamedBy({ tag: 'message', attrs: from, content: [enc('msg')] })).toEqual([
    { type: 'session', id: '200_1.3' },
    { type: 'lid-mapping', id: ownerPn },
    { type: 'device-list', id: ownerPn },
  ])
  expect(keysNamedBy({ tag: 'message', attrs: { from: `${ownerPn}@s.whatsapp.net` }, content: [enc('pkmsg')] })).toEqual([
    { type: 'session', id: `${ownerPn}.0` },
    { type: 'lid-mapping', id: ownerPn },
    { type: 'device-list', id: ownerPn },
    { type: 'identity-key', id: `${ownerPn}.0` },
    // Made without one of the account's pre-keys: Baileys asks for number 0.
    { type: 'pre-key', id: '0' },
  ])
  const inGroup = { from: '1203@g.us', participant: '200@lid' }
  expect(keysNamedBy({ tag: 'message', attrs: inGroup, content: [enc('skmsg')] })).toContainEqual({
    type: 'sender-key',
    id: '1203@g.us::200_1::0',
  })
  for (const node of [
    { tag: 'receipt', attrs: from },
    { tag: 'message', attrs: {} },
    { tag: 'message', attrs: { from: 'nobody' }, content: 'x' },
  ])
    expect(keysNamedBy(node)).toEqual([])
})
