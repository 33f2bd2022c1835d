// What Postgres and its driver report, as DatabaseError: one table, applied once, at the edge.
import { isTlsMismatch } from '../runtime/tls-errors.ts'
import { DatabaseError, type DatabaseErrorCode } from './database.ts'
import { mendOf } from './postgres-mends.ts'

type Failure = { doing: string; error: unknown; perhapsDone?: boolean }

/** `doing` says what was being done, to what, without values. `perhapsDone`: a statement had been sent when the connection broke. */
export function toDatabaseError({ doing, error, perhapsDone = false }: Failure): DatabaseError {
  if (error instanceof DatabaseError) return error
  const sqlState = sqlStateOf(error)
  const code = sqlState === null ? codeOfDriver(error) : codeOfSqlState(sqlState, error)
  const retryable = isRetryable(code) ? ', retryable' : ''
  return new DatabaseError(code, `${doing}: ${said(error, sqlState)} (${sqlState ?? driverCodeOf(error) ?? code}${retryable})`, {
    sqlState,
    perhapsDone: perhapsDone && breaksConnection(error),
    ...mendOf({ sqlState, driverCode: driverCodeOf(error), text: textOf(error) }),
    // A data exception quotes the value that did not fit, which may be somebody's message.
    ...(sqlState?.startsWith('22') ? {} : { cause: error }),
  })
}

/** True where no answer came, or one that ended the connection: what was sent may have been carried out. */
export function breaksConnection(error: unknown): boolean {
  const sqlState = sqlStateOf(error)
  return (
    sqlState === null ||
    endsConnection.test(sqlState) ||
    (error instanceof Error && 'severity' in error && (error.severity === 'FATAL' || error.severity === 'PANIC'))
  )
}
const endsConnection = /^(08|25P03|25P04|57P)/

/** A prepared statement whose tables changed since: it did not run, and runs under another name. */
export const isStalePlan = (error: unknown): boolean => sqlStateOf(error) === '0A000' && textOf(error).includes('cached plan')

// Exact states first, then their classes (first two characters); appendix A of the PostgreSQL manual.
const sqlStates: Readonly<Record<string, DatabaseErrorCode>> = {
  '08': 'unreachable',
  '22': 'failed',
  '23': 'constraint',
  '25006': 'unreachable', // a standby: the primary is elsewhere, or not promoted yet
  '25P03': 'timeout', // idle in transaction
  '25P04': 'timeout', // transaction
  '28': 'denied',
  '3D000': 'misconfigured', // no such database
  '3F000': 'misconfigured', // no such schema
  '40001': 'conflict',
  '40P01': 'conflict',
  '42501': 'denied',
  '42703': 'misconfigured', // no such column: migrations of another version
  '42883': 'misconfigured', // no such function
  '42P01': 'misconfigured', // no such table
  '53': 'unreachable', // out of memory or connections
  '53100': 'disk-full',
  '55P03': 'timeout', // lock
  '57014': 'timeout', // statement
  '57P01': 'unreachable', // shutting down, by an administrator
  '57P02': 'unreachable', // shutting down, after a crash
  '57P03': 'unreachable', // starting up
  '57P04': 'misconfigured', // the database was dropped
  '57P05': 'unreachable', // idle session
  ZL002: 'misconfigured', // the log has moved elsewhere, and this process works with the old one: no row is at fault
}

function codeOfSqlState(sqlState: string, error: unknown): DatabaseErrorCode {
  if (isStalePlan(error)) return 'conflict'
  return sqlStates[sqlState] ?? sqlStates[sqlState.slice(0, 2)] ?? 'failed'
}

const driverCodes: Readonly<Record<string, DatabaseErrorCode>> = {
  EACCES: 'denied',
  EPERM: 'denied',
}
const network = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_|ENOENT|ERR_STREAM|ERR_SOCKET)/

// node-postgres gives these no code.
const driverMessages: readonly (readonly [RegExp, DatabaseErrorCode])[] = [
  [/timeout exceeded when trying to connect/, 'timeout'],
  [
    /does not support SSL connections|establishing an SSL connection|password must be a string|no password supplied/i,
    'misconfigured',
  ],
  [/^SASL|SCRAM/, 'denied'],
  [/received invalid response/, 'misconfigured'], // of something that is no Postgres
  [/terminated|timeout expired|not queryable|connection error/i, 'unreachable'],
]

function codeOfDriver(error: unknown): DatabaseErrorCode {
  const code = driverCodeOf(error)
  if (code !== null) {
    if (isTlsMismatch(code)) return 'misconfigured'
    return driverCodes[code] ?? (network.test(code) ? 'unreachable' : 'failed')
  }
  const text = textOf(error)
  return driverMessages.find(([pattern]) => pattern.test(text))?.[1] ?? 'failed'
}

const isRetryable = (code: DatabaseErrorCode) => new DatabaseError(code, '').retryable

const said = (error: unknown, sqlState: string | null) =>
  sqlState?.startsWith('22') ? textOf(error).replace(/".*"/s, '"…"') : textOf(error)

const textOf = (error: unknown) => (error instanceof Error && error.message !== '' ? error.message : 'no further word')

const codeOf = (error: unknown) =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null

/** Server errors carry a severity besides their five characters; codes of Node never do. */
const sqlStateOf = (error: unknown) => (error instanceof Error && 'severity' in error ? codeOf(error) : null)

const driverCodeOf = (error: unknown) => (sqlStateOf(error) === null ? codeOf(error) : null)
