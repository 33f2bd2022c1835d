// For each promise of the Database port, an adapter that keeps the others and breaks this one.
import { type Database, DatabaseError, type Transaction } from '../../../src/database/database.ts'
import type { DatabasePromise } from '../../contracts/database.ts'

type Break = (database: Database) => Database

const never = new AbortController().signal

const withTransact =
  (change: (database: Database) => Database['transact']): Break =>
  database => ({ ...database, transact: change(database) })

/** Runs the work once: whatever would be a second call fails instead. */
const callsOnce = withTransact(database => (work, signal) => {
  let calls = 0
  return database.transact(tx => (++calls === 1 ? work(tx) : Promise.reject(new Error('called again'))), signal)
})

const repeatsUnknownCommits = withTransact(
  database => (work, signal) =>
    database.transact(work, signal).catch(error => {
      if (error instanceof DatabaseError && error.code === 'commit-unknown') return database.transact(work, signal)
      throw error
    }),
)

export const brokenDatabases: Record<DatabasePromise, Break> = {
  'a transaction that resolves is committed and answers what its work answers': withTransact(database => async (work, signal) => {
    let value: Awaited<ReturnType<typeof work>> | null = null
    await database
      .transact(async tx => {
        value = await work(tx)
        throw new Error('rolled back')
      }, signal)
      .catch(() => null)
    return value as Awaited<ReturnType<typeof work>>
  }),
  'a transaction is read committed': withTransact(
    database => (work, signal) =>
      database.transact(async tx => {
        await tx.query('set transaction isolation level serializable')
        return await work(tx)
      }, signal),
  ),
  'a throw of the work rolls back and is rethrown as it is': withTransact(database => work => work(database)),
  'a throw that is not this transaction’s failure is not retried, whatever it is': withTransact(
    database => (work, signal) =>
      database.transact(work, signal).catch(error => {
        if (error instanceof DatabaseError && error.retryable) return database.transact(work, signal)
        throw error
      }),
  ),
  'a failure that the work catches does not pass for a commit': withTransact(database => async (work, signal) => {
    const values: Awaited<ReturnType<typeof work>>[] = []
    const answer = database.transact(async tx => {
      const value = await work(tx)
      values.push(value)
      return value
    }, signal)
    return await answer.catch(error => {
      if (values[0] === undefined) throw error
      return values[0]
    })
  }),
  'queries of one transaction run one after another': withTransact(
    database => (work, signal) =>
      database.transact(tx => {
        let waiting: Promise<unknown>[] = []
        const overtaking: Transaction = {
          query: async (sql, values) => {
            const later = waiting
            waiting = []
            if (later.length > 0) return await tx.query(sql, values)
            const turn = new Promise(resolve => setImmediate(resolve))
            waiting.push(turn)
            await turn
            return await tx.query(sql, values)
          },
        }
        return work(overtaking)
      }, signal),
  ),
  'a query after its transaction ended is refused': withTransact(
    database => (work, signal) =>
      database.transact(
        tx => work({ query: (sql, values) => tx.query<never>(sql, values).catch(() => database.query<never>(sql, values)) }),
        signal,
      ),
  ),
  'a serialization failure is retried': callsOnce,
  'a serialization failure found at COMMIT is retried': callsOnce,
  'a deadlock is retried': callsOnce,
  'a connection lost before COMMIT was sent is retried': callsOnce,
  'a COMMIT whose answer was lost rejects with commit-unknown and is never repeated': repeatsUnknownCommits,
  'a COMMIT with a lost answer is not repeated for a conflict that a savepoint undid': repeatsUnknownCommits,
  'a COMMIT that never arrived is as unknown': repeatsUnknownCommits,
  'an abort ends a transaction, which then has changed nothing': withTransact(database => work => database.transact(work, never)),
  'rows hold bigint as text, timestamptz as Date, jsonb parsed and bytea as Buffer': database => ({
    ...database,
    query: async <Row>(sql: string, values?: readonly unknown[]) => {
      const rows = await database.query<Record<string, unknown>>(sql, values)
      return rows.map(row => ({ ...row, b: Number(row.b) })) as Row[]
    },
  }),
  'a query without values may be several statements': database => ({
    ...database,
    query: (sql, values = []) => database.query(sql, values),
  }),
  'a query whose answer was lost says perhapsDone and is not repeated': database => ({
    ...database,
    query: (sql, values) =>
      database.query<never>(sql, values).catch(error => {
        throw new DatabaseError('unreachable', 'lost', { perhapsDone: false, cause: error })
      }),
  }),
  'a query that the server refused says that it is not done': database => ({
    ...database,
    query: (sql, values) =>
      database.query<never>(sql, values).catch(error => {
        throw new DatabaseError('constraint', 'refused', { perhapsDone: true, cause: error })
      }),
  }),
  'idle connections that break are replaced': database => {
    let isBroken = false
    return {
      ...database,
      query: (sql, values) => {
        if (isBroken) return Promise.reject(new DatabaseError('unreachable', 'lost for ever'))
        setImmediate(() => {
          isBroken = true
        })
        return database.query(sql, values)
      },
    }
  },
  'listen resolves once listening: what is notified from then on wakes, with its payload': database => ({
    ...database,
    listen: async (channel, wake, signal) => {
      setTimeout(() => void database.listen(channel, wake, signal).catch(() => undefined), 100)
    },
  }),
  'listen goes on over reconnects, and wakes for what was lost meanwhile': database => ({
    ...database,
    listen: (channel, wake, signal) => {
      let wakes = 0
      return database.listen(channel, payload => (++wakes === 1 ? wake(payload) : undefined), signal)
    },
  }),
  'listen waits for a server that is away': database => ({
    ...database,
    listen: async (channel, wake, signal) => {
      await database.query('select 1')
      await database.listen(channel, wake, signal)
    },
  }),
  'listen ends when the signal aborts': database => ({
    ...database,
    listen: (channel, wake) => database.listen(channel, wake, never),
  }),
  'close ends everything, twice as well as once, and later calls reject with aborted': database => ({
    ...database,
    close: async () => undefined,
  }),
}
