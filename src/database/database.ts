// The database port: Postgres with transactions that are retried where that is safe and reported where it is not.
import { CodedError, type Known } from '../runtime/coded-error.ts'

/** Rows as node-postgres gives them: bigint and numeric as text, timestamptz as Date, jsonb parsed, bytea as Buffer. */
export type Transaction = {
  /**
   * With `values` one statement; without, also several. On the Database itself it commits by itself and is never repeated:
   * where the answer was lost, the error says `perhapsDone`. Queries of one transaction run one after another.
   */
  query<Row>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>
}

export type Database = Transaction & {
  /**
   * One transaction, read committed. Retries serialization failures, deadlocks and connections lost before COMMIT was sent;
   * a COMMIT whose answer was lost rejects with `commit-unknown` and is never repeated. A throw of `work` rolls back and is rethrown as it is.
   */
  transact<T>(work: (tx: Transaction) => Promise<T>, signal: AbortSignal): Promise<T>
  /**
   * Resolves once listening; goes on over reconnects until the signal aborts. Wakes may be lost or repeated: callers poll too. A wake for
   * what may have been lost has an empty payload.
   */
  listen(channel: string, wake: (payload: string) => void, signal: AbortSignal): Promise<void>
  /** Idempotent. Waits for what runs, at most 5 s, then cuts it; afterwards everything rejects with `aborted`. */
  close(): Promise<void>
}

export type DatabaseErrorCode =
  | 'unreachable'
  | 'timeout'
  | 'commit-unknown'
  | 'conflict'
  | 'constraint'
  | 'disk-full'
  | 'denied'
  | 'misconfigured'
  | 'aborted'
  | 'failed'

type DatabaseFailure = Known & { sqlState?: string | null; perhapsDone?: boolean }

const isPassing = (code: DatabaseErrorCode): boolean =>
  code === 'unreachable' || code === 'timeout' || code === 'conflict' || code === 'disk-full'

export class DatabaseError extends CodedError<DatabaseErrorCode> {
  override name = 'DatabaseError'
  readonly port = 'database'
  /** The server's SQLSTATE where there was one. */
  readonly sqlState: string | null
  /** The answer to something already sent was lost: it may have been carried out. False means that it was not. */
  readonly perhapsDone: boolean
  constructor(
    code: DatabaseErrorCode,
    message: string,
    { sqlState = null, perhapsDone = code === 'commit-unknown', ...known }: DatabaseFailure = {},
  ) {
    super({ code, message, retryable: isPassing(code), ...known })
    this.sqlState = sqlState
    this.perhapsDone = perhapsDone
  }
}

/** Postgres was there, and would not: nothing that passes. */
export const isRefusal = (error: unknown): error is DatabaseError =>
  error instanceof DatabaseError && !error.retryable && error.code !== 'commit-unknown' && error.code !== 'aborted'
