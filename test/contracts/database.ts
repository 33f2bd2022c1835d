// What every Database promises, sentence by sentence: each check rejects where the promise is broken.
import assert from 'node:assert/strict'
import { type Database, DatabaseError, type Transaction } from '../../src/database/database.ts'
import type { TcpProxy } from '../tcp-proxy.ts'
import { until } from '../until.ts'

/** `database` reaches its server through `proxy`; `direct` reaches the same one past it. There is a table `kept (name text, n int)`. */
export type DatabaseSubject = { database: Database; direct: Database; proxy: TcpProxy; name: string; patienceMs: number }
type Check = (subject: DatabaseSubject) => Promise<void>

const never = new AbortController().signal

export const databasePromises = {
  'a transaction that resolves is committed and answers what its work answers': async subject => {
    const answer = await subject.database.transact(async tx => {
      await keep(tx, subject)
      return 'answer'
    }, never)
    assert.equal(answer, 'answer')
    assert.equal(await kept(subject), 1)
  },

  'a transaction is read committed': async ({ database }) => {
    const level = await database.transact(
      tx => tx.query<{ level: string }>("select current_setting('transaction_isolation') as level"),
      never,
    )
    assert.deepEqual(level, [{ level: 'read committed' }])
  },

  'a throw of the work rolls back and is rethrown as it is': async subject => {
    const thrown = new Error('the work says no')
    const failing = subject.database.transact(async tx => {
      await keep(tx, subject)
      throw thrown
    }, never)
    assert.equal(await failureOf(failing), thrown)
    assert.equal(await kept(subject), 0)
  },

  'a throw that is not this transaction’s failure is not retried, whatever it is': async ({ database }) => {
    let calls = 0
    const thrown = new DatabaseError('unreachable', 'another database is away')
    const failing = database.transact(async () => {
      calls++
      throw thrown
    }, never)
    assert.equal(await failureOf(failing), thrown)
    assert.equal(calls, 1)
  },

  'a failure that the work catches does not pass for a commit': async subject => {
    const failing = subject.database.transact(async tx => {
      await keep(tx, subject)
      await tx.query('select 1 / 0').catch(() => 'caught')
      return 'looks fine'
    }, never)
    assert.equal(codeOf(await failureOf(failing)), 'failed')
    assert.equal(await kept(subject), 0)
  },

  'queries of one transaction run one after another': async subject => {
    const order = await subject.database.transact(async tx => {
      await Promise.all([keep(tx, subject, 1), keep(tx, subject, 2), keep(tx, subject, 3)])
      return await tx.query<{ n: number }>('select n from kept where name = $1 order by ctid', [subject.name])
    }, never)
    assert.deepEqual(order, [{ n: 1 }, { n: 2 }, { n: 3 }])
  },

  'a query after its transaction ended is refused': async ({ database }) => {
    const txs: Transaction[] = []
    await database.transact(async tx => txs.push(tx), never)
    await failureOf(
      database.transact(async tx => {
        txs.push(tx)
        throw new Error('rolled back')
      }, never),
    )
    for (const tx of txs) assert.equal(codeOf(await failureOf(tx.query('select 1'))), 'failed')
  },

  'a serialization failure is retried': async subject => {
    let calls = 0
    await subject.database.transact(async tx => {
      await keep(tx, subject)
      if (++calls === 1) await tx.query("do $$ begin raise exception using errcode = '40001'; end $$")
    }, never)
    assert.deepEqual([calls, await kept(subject)], [2, 1])
  },

  'a deadlock is retried': async subject => {
    await subject.direct.query("insert into kept select $1 || side, 0 from unnest(array['a', 'b']) side", [subject.name])
    let waiting = 0
    const both = () => until('both hold one row', () => waiting >= 2, subject.patienceMs)
    const raise = (tx: Transaction, side: string) => tx.query('update kept set n = n + 1 where name = $1', [subject.name + side])
    const inOrder = (first: string, second: string) =>
      subject.database.transact(async tx => {
        await raise(tx, first)
        waiting++
        await both()
        await raise(tx, second)
      }, never)
    await Promise.all([inOrder('a', 'b'), inOrder('b', 'a')])
    const rows = await subject.direct.query('select n from kept where name like $1', [`${subject.name}_`])
    assert.deepEqual(rows, [{ n: 2 }, { n: 2 }])
  },

  'a serialization failure found at COMMIT is retried': async subject => {
    let calls = 0
    const raise = "begin if new.n = 1 then raise exception using errcode = '40001'; end if; return new; end"
    await subject.direct.query(`create table late (n int); create function late() returns trigger language plpgsql as $$ ${raise} $$;
      create constraint trigger late after insert on late deferrable initially deferred for each row execute function late()`)
    try {
      await subject.database.transact(tx => tx.query('insert into late values ($1)', [++calls]), never)
      assert.equal(calls, 2)
    } finally {
      await subject.direct.query('drop table late; drop function late')
    }
  },

  'a connection lost before COMMIT was sent is retried': async subject => {
    let calls = 0
    await subject.database.transact(async tx => {
      await keep(tx, subject)
      if (++calls === 1) subject.proxy.cut()
      await tx.query('select 1')
    }, never)
    assert.deepEqual([calls, await kept(subject)], [2, 1])
  },

  'a COMMIT whose answer was lost rejects with commit-unknown and is never repeated': async subject => {
    let calls = 0
    subject.proxy.watch(chunk => (isCommit(chunk) ? 'cut-after' : 'pass'))
    const failing = subject.database.transact(async tx => {
      calls++
      await keep(tx, subject)
    }, never)
    assert.equal(codeOf(await failureOf(failing)), 'commit-unknown')
    await until('the server has committed', async () => (await kept(subject)) === 1, subject.patienceMs)
    assert.equal(calls, 1)
  },

  'a COMMIT with a lost answer is not repeated for a conflict that a savepoint undid': async subject => {
    let calls = 0
    subject.proxy.watch(chunk => (isCommit(chunk) ? 'cut-after' : 'pass'))
    const failing = subject.database.transact(async tx => {
      calls++
      await keep(tx, subject)
      await tx.query('savepoint before')
      await tx.query("do $$ begin raise exception using errcode = '40001'; end $$").catch(() => 'undone')
      await tx.query('rollback to savepoint before')
    }, never)
    assert.equal(codeOf(await failureOf(failing)), 'commit-unknown')
    await until('the server has committed', async () => (await kept(subject)) === 1, subject.patienceMs)
    assert.equal(calls, 1)
  },

  'a COMMIT that never arrived is as unknown': async subject => {
    let calls = 0
    subject.proxy.watch(chunk => (isCommit(chunk) ? 'cut-before' : 'pass'))
    const failing = subject.database.transact(async tx => {
      calls++
      await keep(tx, subject)
    }, never)
    assert.equal(codeOf(await failureOf(failing)), 'commit-unknown')
    assert.deepEqual([calls, await kept(subject)], [1, 0])
  },

  'an abort ends a transaction, which then has changed nothing': async subject => {
    const stop = new AbortController()
    const failing = subject.database.transact(async tx => {
      await keep(tx, subject)
      setImmediate(() => stop.abort())
      await tx.query('select pg_sleep(1)')
    }, stop.signal)
    assert.equal(codeOf(await failureOf(failing)), 'aborted')
    assert.equal(await kept(subject), 0)
  },

  'rows hold bigint as text, timestamptz as Date, jsonb parsed and bytea as Buffer': async ({ database }) => {
    const [row] = await database.query(
      "select 9007199254740993 as b, to_timestamp(1) as t, '[1]'::jsonb as j, '\\x01'::bytea as y where $1",
      [true],
    )
    assert.deepEqual(row, { b: '9007199254740993', t: new Date(1_000), j: [1], y: Buffer.of(1) })
  },

  'a query without values may be several statements': async subject => {
    await subject.database.query(`insert into kept values ('${subject.name}', 1); insert into kept values ('${subject.name}', 2)`)
    assert.equal(await kept(subject), 2)
  },

  'a query whose answer was lost says perhapsDone and is not repeated': async subject => {
    subject.proxy.watch(chunk => (chunk.includes('insert into kept') ? 'cut-after' : 'pass'))
    const error = await failureOf(keep(subject.database, subject))
    assert.equal(codeOf(error), 'unreachable')
    assert.equal(error instanceof DatabaseError && error.perhapsDone, true)
    await until('the server has inserted', async () => (await kept(subject)) >= 1, subject.patienceMs)
    await subject.database.query('select 1')
    assert.equal(await kept(subject), 1)
  },

  'a query that the server refused says that it is not done': async ({ database }) => {
    const error = await failureOf(database.query('insert into kept values (null, $1)', [1]))
    assert.equal(codeOf(error), 'constraint')
    assert.equal(error instanceof DatabaseError && error.perhapsDone, false)
  },

  'idle connections that break are replaced': async ({ database, proxy, patienceMs }) => {
    await database.query('select 1')
    proxy.cut()
    await until('a query succeeds again', () => database.query('select 1').catch(() => null), patienceMs)
  },

  'listen resolves once listening: what is notified from then on wakes': async ({ database, direct, name, patienceMs }) => {
    const stop = new AbortController()
    let wakes = 0
    await database.listen(name, () => wakes++, stop.signal)
    await direct.query('select pg_notify($1, $2)', [name, ''])
    await until('woken', () => wakes > 0, patienceMs)
    stop.abort()
  },

  'listen goes on over reconnects, and wakes for what was lost meanwhile': async ({
    database,
    direct,
    proxy,
    name,
    patienceMs,
  }) => {
    const stop = new AbortController()
    let wakes = 0
    await database.listen(name, () => wakes++, stop.signal)
    proxy.cut()
    await until('woken by the reconnect', () => wakes > 0, patienceMs)
    const before = wakes
    await direct.query('select pg_notify($1, $2)', [name, ''])
    await until('woken by the notification', () => wakes > before, patienceMs)
    stop.abort()
  },

  'listen waits for a server that is away': async ({ database, proxy, name, patienceMs }) => {
    const stop = new AbortController()
    proxy.down()
    let failure: unknown = 'none so far'
    const listening = database
      .listen(name, () => undefined, stop.signal)
      .then(
        () => null,
        error => error,
      )
      .then(outcome => {
        failure = outcome
      })
    await until(
      'the adapter has tried',
      () =>
        database.query('select 1').then(
          () => false,
          () => true,
        ),
      patienceMs,
    )
    assert.equal(failure, 'none so far')
    proxy.resume()
    await listening
    assert.equal(failure, null)
    stop.abort()
  },

  'listen ends when the signal aborts': async ({ database, direct, name, patienceMs }) => {
    const stop = new AbortController()
    const others = new AbortController()
    let wakes = 0
    let othersWakes = 0
    await database.listen(name, () => wakes++, stop.signal)
    stop.abort()
    await until('its connection is gone', async () => (await listeners(direct, name)) === 0, patienceMs)
    await database.listen(name, () => othersWakes++, others.signal)
    await direct.query('select pg_notify($1, $2)', [name, ''])
    await until('the other is woken', () => othersWakes > 0, patienceMs)
    assert.equal(wakes, 0)
    others.abort()
  },

  'close ends everything, twice as well as once, and later calls reject with aborted': async ({
    database,
    direct,
    proxy,
    name,
    patienceMs,
  }) => {
    await database.listen(name, () => undefined, never)
    await Promise.all([database.close(), database.close()])
    await until('no connection is left', () => proxy.connections() === 0, patienceMs)
    assert.equal(codeOf(await failureOf(database.query('select 1'))), 'aborted')
    assert.equal(codeOf(await failureOf(database.transact(async () => 1, never))), 'aborted')
    assert.equal(codeOf(await failureOf(database.listen(name, () => undefined, never))), 'aborted')
    await direct.query('select 1')
  },
} satisfies Record<string, Check>

export type DatabasePromise = keyof typeof databasePromises

const keep = (on: Transaction, { name }: { name: string }, n = 1) =>
  on.query('insert into kept (name, n) values ($1, $2)', [name, n])

async function kept({ direct, name }: DatabaseSubject): Promise<number> {
  const [row] = await direct.query<{ count: string }>('select count(*) from kept where name = $1', [name])
  return Number(row?.count)
}

async function listeners(direct: Database, channel: string): Promise<number> {
  const rows = await direct.query("select 1 from pg_stat_activity where query = 'listen \"' || $1::text || '\"'", [channel])
  return rows.length
}

const isCommit = (chunk: Buffer) => /commit\0/i.test(chunk.toString('latin1'))

const codeOf = (error: unknown) => (error instanceof DatabaseError ? error.code : error)

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const settled = await promise.then(
    value => ({ value }),
    error => ({ error }),
  )
  assert.ok('error' in settled, `expected a rejection, got ${JSON.stringify(settled)}`)
  return settled.error
}
