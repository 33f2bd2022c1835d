// A connection of one's own, for what lives as long as it does: session advisory locks, LISTEN. Its loss is known within 10 s, mostly at once.
import pg from 'pg'
import { orAbort } from '../runtime/or-abort.ts'
import { admit } from './admit.ts'
import { destroy, wrapConnection } from './connection.ts'
import { type ConnectionTarget, connectionSettings, describeTarget } from './connection-settings.ts'
import { DatabaseError, type Transaction } from './database.ts'
import { toDatabaseError } from './postgres-errors.ts'
import { createStatementNames } from './statement-names.ts'

export type Session = Transaction & {
  /** Aborts when the connection is lost or closed; the server has freed its locks by then, or does so when it notices. */
  lost: AbortSignal
  close(): Promise<void>
}
type Options = ConnectionTarget & {
  heartbeatMs?: number
  /** Called for every NOTIFY on a channel that this session listens on. */
  notified?(channel: string, payload: string): void
}

const HEARTBEAT_MS = 5_000
const STATEMENT_TIMEOUT_MS = 4_000
const LOCK_TIMEOUT_MS = 3_000
const ANSWER_MARGIN_MS = 1_000

/** Rejects with DatabaseError, OutdatedProcess among them. Queries run one after another; a server that stays silent for the statement timeout + 1 s is given up. */
export async function openSession(options: Options, signal: AbortSignal): Promise<Session> {
  const { statementTimeoutMs = STATEMENT_TIMEOUT_MS, lockTimeoutMs = LOCK_TIMEOUT_MS, heartbeatMs = HEARTBEAT_MS } = options
  const client = new pg.Client(connectionSettings({ ...options, statementTimeoutMs, lockTimeoutMs }))
  const connection = wrapConnection(client, {
    names: createStatementNames(),
    answerWithinMs: statementTimeoutMs + ANSWER_MARGIN_MS,
  })
  const ended = new Promise<void>(resolve => client.once('end', () => resolve()))
  if (options.notified !== undefined)
    client.on('notification', ({ channel, payload }) => options.notified?.(channel, payload ?? ''))
  await connect(client, options, signal)
  try {
    await admit(connection, options)
  } catch (error) {
    destroy(client)
    throw error
  }

  let beating = false
  const beat = async () => {
    if (connection.lost.aborted) return clearInterval(heartbeat)
    if (beating) return // one is waiting for its answer, or behind a query that has its own deadline
    beating = true
    await connection.query('select 1').catch(connection.cut)
    beating = false
  }
  const heartbeat = setInterval(() => void beat(), heartbeatMs)
  connection.lost.addEventListener('abort', () => clearInterval(heartbeat), { once: true })

  const close = () => {
    connection.cut(new DatabaseError('aborted', `using a session on ${describeTarget(options)}: it was closed (aborted)`))
    return ended
  }
  return { query: connection.query, lost: connection.lost, close }
}

async function connect(client: pg.Client, target: ConnectionTarget, signal: AbortSignal): Promise<void> {
  const doing = `connecting to ${describeTarget(target)}`
  const stopped = new DatabaseError('aborted', `${doing}: told to stop (aborted)`)
  if (signal.aborted) throw stopped
  try {
    await orAbort(client.connect(), () => stopped, signal)
  } catch (error) {
    destroy(client)
    throw toDatabaseError({ doing, error })
  }
}
