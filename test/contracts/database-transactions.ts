// What transact promises: what is committed, what is rolled back, what is retried, and what nobody can know.
import assert from 'node:assert/strict'
import { DatabaseError, type Transaction } from '../../src/database/database.ts'
import { until } from '../ground/until.ts'
import { codeOf, type DatabaseCheck, type DatabaseSubject, failureOf, keep, kept } from './database-subject.ts'

const never = new AbortController().signal

export const transactionPromises = {
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
    assert.equal(await expectCommitUnknown(subject, 'cut-after'), 1)
  },

  'a COMMIT with a lost answer is not repeated for a conflict that a savepoint undid': async subject => {
    const calls = await expectCommitUnknown(subject, 'cut-after', async tx => {
      await tx.query('savepoint before')
      await tx.query("do $$ begin raise exception using errcode = '40001'; end $$").catch(() => 'undone')
      await tx.query('rollback to savepoint before')
    })
    assert.equal(calls, 1)
  },

  'a COMMIT that never arrived is as unknown': async subject => {
    assert.deepEqual([await expectCommitUnknown(subject, 'cut-before'), await kept(subject)], [1, 0])
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
} satisfies Record<string, DatabaseCheck>

/** The connection is cut where the COMMIT passes; rejects unless that is said. Answers how often the work was called. */
async function expectCommitUnknown(
  subject: DatabaseSubject,
  cut: 'cut-before' | 'cut-after',
  more: (tx: Transaction) => Promise<void> = async () => undefined,
): Promise<number> {
  let calls = 0
  subject.proxy.watch(chunk => (isCommit(chunk) ? cut : 'pass'))
  const failing = subject.database.transact(async tx => {
    calls++
    await keep(tx, subject)
    await more(tx)
  }, never)
  assert.equal(codeOf(await failureOf(failing)), 'commit-unknown')
  if (cut === 'cut-after') await until('the server has committed', async () => (await kept(subject)) === 1, subject.patienceMs)
  return calls
}

const isCommit = (chunk: Buffer) => /commit\0/i.test(chunk.toString('latin1'))
