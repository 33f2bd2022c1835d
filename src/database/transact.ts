// One transaction, repeated where nothing can have been committed, and never where it may have been.
import type { Logger } from '../runtime/logger.ts'
import { backoffMs, wait } from '../runtime/wait.ts'
import type { Connection } from './connection.ts'
import { DatabaseError, type Transaction } from './database.ts'

type Deps = {
  /** Lends a connection for as long as `use` takes; rejects with DatabaseError. */
  lend<T>(use: (connection: Connection) => Promise<T>, signal: AbortSignal): Promise<T>
  logger: Logger
}
type Work<T> = (tx: Transaction) => Promise<T>
type Attempt<T> = { kind: 'committed'; value: T } | { kind: 'failed'; error: unknown; again: boolean }

const MAX_ATTEMPTS = 8
const RETRY_BASE_MS = 20
const RETRY_CAP_MS = 1_000

export async function transact<T>(deps: Deps, work: Work<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await attemptTransaction(deps, work, signal)
    if (outcome.kind === 'committed') return outcome.value
    if (!outcome.again || attempt === MAX_ATTEMPTS) throw outcome.error
    const retryInMs = backoffMs({ attempt, baseMs: RETRY_BASE_MS, capMs: RETRY_CAP_MS, jitter: 0.5, random: Math.random() })
    deps.logger.info('database.transaction-retried', { attempt, retryInMs, error: outcome.error })
    if (!(await wait(retryInMs, signal))) throw aborted('repeating a transaction', outcome.error)
  }
}

async function attemptTransaction<T>(deps: Deps, work: Work<T>, signal: AbortSignal): Promise<Attempt<T>> {
  try {
    return await deps.lend(connection => runTransaction(connection, work, signal), signal)
  } catch (error) {
    return { kind: 'failed', error, again: mayRepeat(error) } // no connection, or none any more: nothing was committed
  }
}

async function runTransaction<T>(connection: Connection, work: Work<T>, signal: AbortSignal): Promise<Attempt<T>> {
  const scope = openScope(connection)
  const endWatch = cutOnAbort(connection, signal)
  try {
    await scope.run('begin isolation level read committed')
    const value = await work(scope.tx)
    if (signal.aborted) throw aborted('committing a transaction', signal.reason)
    endWatch() // from here on the answer is waited for: cutting now would leave the outcome unknown
    await commit(connection, scope)
    return { kind: 'committed', value }
  } catch (error) {
    await rollBack(connection)
    return { kind: 'failed', error, again: scope.mayRepeat(error) }
  } finally {
    endWatch()
    scope.end()
  }
}

type Scope = ReturnType<typeof openScope>

/** What `work` gets: queries while the transaction lasts. The last failure is kept, even where `work` catches it. */
function openScope(connection: Connection) {
  let failure: DatabaseError | null = null
  let ended = false
  const keep = (error: unknown): unknown => {
    if (error instanceof DatabaseError && error.sqlState !== IN_FAILED_TRANSACTION) failure = error
    return error
  }
  const run = async <Row>(sql: string, values?: readonly unknown[]) => {
    if (ended) throw new DatabaseError('failed', 'running a query after its transaction ended: await every query inside of it')
    return await connection.query<Row>(sql, values).catch(error => {
      throw keep(asUndone(error))
    })
  }
  return {
    tx: { query: run } satisfies Transaction,
    run,
    keep,
    failure: () => failure,
    /** Only for this transaction's own failures: what else `work` throws, also of another database, is its own word. */
    mayRepeat: (error: unknown) => failure !== null && comesFrom(error, failure) && mayRepeat(failure),
    end: () => {
      ended = true
    },
  }
}

/** Every later statement of a transaction in which one has failed. */
const IN_FAILED_TRANSACTION = '25P02'

async function commit(connection: Connection, scope: Scope): Promise<void> {
  scope.end()
  const { command } = await connection.run('commit').catch(error => {
    throw error instanceof DatabaseError && error.perhapsDone ? unknownCommit(error) : scope.keep(error)
  })
  // Postgres answers COMMIT with ROLLBACK where a statement had failed, and reports no error.
  if (command !== 'COMMIT')
    throw scope.failure() ?? new DatabaseError('failed', `committing a transaction: the server answered ${command}`)
}

/** A connection that cannot even roll back is cut, and the server rolls back when it sees that. */
const rollBack = (connection: Connection) =>
  connection.lost.aborted
    ? Promise.resolve()
    : connection.run('rollback').then(
        () => undefined,
        error => connection.cut(error),
      )

function cutOnAbort(connection: Connection, signal: AbortSignal): () => void {
  const onAbort = () => connection.cut(aborted('running a transaction', signal.reason))
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  return () => signal.removeEventListener('abort', onAbort)
}

/** Only what cannot have been committed: conflicts, and connections lost before COMMIT was sent. */
const mayRepeat = (error: unknown) =>
  error instanceof DatabaseError && (error.code === 'conflict' || error.code === 'unreachable')

function comesFrom(error: unknown, cause: DatabaseError): boolean {
  return error === cause || (error instanceof Error && comesFrom(error.cause, cause))
}

/** Inside a transaction a lost answer leaves no doubt: without a COMMIT nothing is done. */
const asUndone = (error: unknown) =>
  error instanceof DatabaseError && error.perhapsDone
    ? new DatabaseError(error.code, error.message, { sqlState: error.sqlState, cause: error.cause })
    : error

const aborted = (doing: string, cause: unknown) => new DatabaseError('aborted', `${doing}: told to stop (aborted)`, { cause })

const unknownCommit = (error: DatabaseError) =>
  new DatabaseError(
    'commit-unknown',
    `committing a transaction: the answer was lost, it may be committed (commit-unknown): ${error.message}`,
    {
      sqlState: error.sqlState,
      cause: error,
    },
  )
