// Key writes of many accounts are few statements, and none of them pays for another: not for its owner, and not for its row.
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Database, DatabaseError } from '../../src/database/database.ts'
import { openInstanceRows } from '../../src/instances/instance-rows.ts'
import type { KeyChange } from '../../src/producers/auth/auth-tables.ts'
import { createKeyWriter } from '../../src/producers/auth/key-writer.ts'
import { createSealer } from '../../src/runtime/seal.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { flaky } from '../ground/flaky.ts'
import { until } from '../ground/until.ts'

const accounts = Array.from({ length: 50 }, (_, number) => `account-${number}`)
let postgres: TestDatabase
const timeoutMs = 10_000
const epochs = new Map<string, number>()
beforeEach(async () => {
  postgres = await openTestDatabase('key writer')
  const sealer = createSealer({ current: randomBytes(32), previous: null })
  const rows = openInstanceRows({ database: postgres.database, sealer })
  for (const id of accounts) {
    await postgres.database.query("insert into instance_ids (instance_id, request_id, name) values ($1, $1, 'Test')", [id])
    epochs.set(id, (await rows.takeEpoch(id)).epoch)
  }
})
afterEach(() => postgres.close())

/** One session, one part and the creds of an account. */
const changeOf = (instanceId: string, text: string, given: Partial<KeyChange> = {}): KeyChange => ({
  instanceId,
  epoch: epochs.get(instanceId) ?? 0,
  gone: [],
  kept: [{ type: 'session', id: 'a', sealed: Buffer.from(text) }],
  creds: Buffer.from(text),
  parts: [Buffer.from(text.padEnd(16))],
  ...given,
})
const kept = () =>
  postgres.database
    .query<{ instance_id: string; text: string }>(
      `select k.instance_id, convert_from(k.sealed, 'utf8') || '/' || convert_from(c.sealed, 'utf8') || '/' || count(p)::text as text
       from auth_keys k join auth_creds c using (instance_id) join appended_parts p using (instance_id)
       group by k.instance_id, k.sealed, c.sealed order by 1`,
    )
    .then(rows => new Map(rows.map(row => [row.instance_id, row.text])))

function counting(database: Database) {
  const seen = { statements: 0 }
  const count = () => {
    seen.statements++
    return null
  }
  return { seen, database: flaky(database, count) }
}

test('[A2] what many accounts write at one moment is two statements, and each finds its own again', async () => {
  const { seen, database } = counting(postgres.database)
  const { write } = createKeyWriter({ database, timeoutMs })
  expect(await Promise.all(accounts.map(id => write(changeOf(id, id))))).toEqual(accounts.map(() => 'written'))
  expect(seen.statements).toBe(2) // the first, and all that came while it was on its way
  expect(await kept()).toEqual(new Map(accounts.map(id => [id, `${id}/${id}/1`])))
  await Promise.all(accounts.map(id => write(changeOf(id, `${id}!`, { gone: [{ type: 'session', id: 'b' }] }))))
  expect(seen.statements).toBe(4)
  expect(await kept()).toEqual(new Map(accounts.map(id => [id, `${id}!/${id}!/2`])))
})

test('[A2] an account that another epoch owns is told so, and those beside it are written', async () => {
  const { write } = createKeyWriter({ ...postgres, timeoutMs })
  const answers = await Promise.all(accounts.map((id, number) => write(changeOf(id, id, number % 10 === 3 ? { epoch: 0 } : {}))))
  expect(answers).toEqual(accounts.map((_, number) => (number % 10 === 3 ? 'fenced' : 'written')))
  expect([...(await kept()).keys()]).toEqual(accounts.filter((_, number) => number % 10 !== 3).toSorted())
})

test('[A2] a row that Postgres refuses costs the account that wrote it its write, and no other', async () => {
  const { write } = createKeyWriter({ ...postgres, timeoutMs })
  const refused = { kept: [{ type: 'session', id: 'no\0text', sealed: Buffer.from('x') }] }
  const answers = await Promise.allSettled(accounts.map((id, number) => write(changeOf(id, id, number === 7 ? refused : {}))))
  expect(answers.map(({ status }) => status)).toEqual(accounts.map((_, number) => (number === 7 ? 'rejected' : 'fulfilled')))
  expect((await kept()).size).toBe(accounts.length - 1)
  expect((await kept()).get('account-7')).toBeUndefined()
})

test('[A2] a database that is away is not asked once for each account', async () => {
  const seen = { statements: 0 }
  const away = flaky(postgres.database, () => {
    seen.statements++
    return { fail: new DatabaseError('unreachable', 'cut on purpose') }
  })
  const { write } = createKeyWriter({ database: away, timeoutMs })
  const answers = await Promise.allSettled(accounts.map(id => write(changeOf(id, id))))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['rejected']))
  expect(seen.statements).toBe(2)
})

test('[A2] a statement that never comes back is given up, and those that waited behind it are written', async () => {
  const database = flaky(postgres.database, ({ nth }) => (nth === 1 ? { hang: true } : null))
  const { write } = createKeyWriter({ database, timeoutMs: 50 })
  const [first, ...others] = await Promise.allSettled(accounts.map(id => write(changeOf(id, id))))
  expect(first).toMatchObject({ status: 'rejected', reason: { code: 'timeout', perhapsDone: true } })
  expect(new Set(others.map(({ status }) => status))).toEqual(new Set(['fulfilled']))
})

/** Holds the row of an account’s owner, as somebody does who takes it over, until the work is done. */
async function whileLocked(id: string, work: () => Promise<unknown>, and = 'select') {
  await postgres.database.transact(async tx => {
    await tx.query('select 1 from instance_owners where instance_id = $1 for update', [id])
    await work()
    if (and === 'take')
      await tx.query("update instance_owners set epoch = nextval('instance_epochs') where instance_id = $1", [id])
  }, new AbortController().signal)
}

test('[A2] [A3] an account whose owner is being looked at keeps no other from its keys, and is written by itself afterwards', async () => {
  const { write } = createKeyWriter({ ...postgres, timeoutMs })
  const answers = new Map<string, Promise<string>>()
  await whileLocked('account-7', async () => {
    for (const id of accounts) answers.set(id, write(changeOf(id, id)))
    expect(await Promise.all(accounts.filter(id => id !== 'account-7').map(id => answers.get(id)))).not.toContain('fenced')
    expect((await kept()).size).toBe(accounts.length - 1)
    answers.set('again', write(changeOf('account-7', 'newer')))
    expect(await write(changeOf('account-8', 'later'))).toBe('written')
  })
  expect([await answers.get('account-7'), await answers.get('again')]).toEqual(['written', 'written'])
  expect((await kept()).get('account-7')).toBe('newer/newer/2')
})

test('[A2] [A3] an account that is being taken over is fenced once it is, and no other', async () => {
  const { write } = createKeyWriter({ ...postgres, timeoutMs })
  let taken: Promise<string> | null = null
  await whileLocked(
    'account-7',
    async () => {
      taken = write(changeOf('account-7', 'zombie'))
      expect(await write(changeOf('account-8', 'ours'))).toBe('written')
    },
    'take',
  )
  expect(await taken).toBe('fenced')
  expect([...(await kept()).keys()]).toEqual(['account-8'])
})

test('[A2] accounts whose owners are being looked at do not wait for one another, however many they are', async () => {
  const { write } = createKeyWriter({ ...postgres, timeoutMs })
  const held: Promise<string>[] = []
  const isHeld = (id: string) => id !== 'account-8' && id !== 'account-9'
  const all = accounts.filter(isHeld)
  await postgres.database.transact(async tx => {
    await tx.query('select 1 from instance_owners where instance_id = any($1) for update', [all])
    for (const id of all) held.push(write(changeOf(id, id)))
    let short: Promise<string> | null = null
    await whileLocked('account-8', async () => {
      short = write(changeOf('account-8', 'short'))
      await write(changeOf('account-9', 'beside'))
    })
    expect(await short).toBe('written')
  }, new AbortController().signal)
  expect(new Set(await Promise.all(held))).toEqual(new Set(['written']))
})

test('[A2] a write overtakes none of its account that waits for the owner, also where it came before that was known', async () => {
  const second = Promise.withResolvers<void>()
  const seen = { statements: 0 }
  const database = flaky(postgres.database, () => {
    seen.statements += 1
    return seen.statements === 2 ? { delay: second.promise } : null
  })
  const { write } = createKeyWriter({ database, timeoutMs })
  const answers: Promise<string>[] = []
  await whileLocked('account-7', async () => {
    answers.push(write(changeOf('account-7', 'older')), write(changeOf('account-7', 'newer')))
    await until('the first has answered', () => seen.statements === 2)
  })
  second.resolve()
  expect(await Promise.all(answers)).toEqual(['written', 'written'])
  expect((await kept()).get('account-7')).toBe('newer/newer/2')
})

test('[A2] an account whose owner is held for too long is given up', async () => {
  const { write } = createKeyWriter({ ...postgres, timeoutMs: 50 })
  await whileLocked('account-7', async () => {
    await expect(write(changeOf('account-7', 'late'))).rejects.toMatchObject({ code: 'timeout' })
  })
  expect(await write(changeOf('account-7', 'again'))).toBe('written')
})
