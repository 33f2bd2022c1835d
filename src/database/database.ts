// The database port: Postgres with transactions that are retried where that is safe and reported where it is not.

export type Transaction = {
  query<Row>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>
}

export type Database = Transaction & {
  /**
   * One transaction, read committed. Retries serialization failures, deadlocks and connections lost before COMMIT was sent;
   * a COMMIT whose answer was lost rejects with `commit-unknown` and is never repeated. A throw of `work` rolls back and is rethrown as it is.
   */
  transact<T>(work: (tx: Transaction) => Promise<T>, signal: AbortSignal): Promise<T>
  /** Resolves once listening; goes on over reconnects until the signal aborts. Wakes may be lost or repeated: callers poll too. */
  listen(channel: string, wake: () => void, signal: AbortSignal): Promise<void>
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

export class DatabaseError extends Error {
  override name = 'DatabaseError'
  readonly code: DatabaseErrorCode
  readonly retryable: boolean
  /** The server's SQLSTATE where there was one. */
  readonly sqlState: string | null
  constructor(code: DatabaseErrorCode, message: string, options: { sqlState?: string | null; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.retryable = code === 'unreachable' || code === 'timeout' || code === 'conflict' || code === 'disk-full'
    this.sqlState = options.sqlState ?? null
  }
}
