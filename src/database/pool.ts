// Lends connections: one borrower each, at most poolSize, and one that broke or was left in a transaction is never lent again.
import pg from 'pg'
import type { Logger } from '../runtime/logger.ts'
import { orAbort } from '../runtime/or-abort.ts'
import { wait } from '../runtime/wait.ts'
import { admit } from './admit.ts'
import { type Connection, wrapConnection } from './connection.ts'
import { type ConnectionTarget, connectionSettings, describeTarget, STATEMENT_TIMEOUT_MS } from './connection-settings.ts'
import { DatabaseError } from './database.ts'
import { toDatabaseError } from './postgres-errors.ts'
import { createStatementNames } from './statement-names.ts'

export type Pool = {
  /** Waits for a free connection for 10 s. Rejects with DatabaseError, OutdatedProcess among them, or with what `use` throws. */
  lend<T>(use: (connection: Connection) => Promise<T>, signal: AbortSignal): Promise<T>
  /** Waits for what is lent, at most 5 s, then cuts it. Resolves when no connection is open. */
  close(): Promise<void>
}
type Member = { connection: Connection; isAdmitted: boolean; ended: Promise<void> }

const ANSWER_MARGIN_MS = { least: 1_000, most: 5_000 }
const IDLE_CONNECTION_MS = 60_000
const CLOSE_WITHIN_MS = 5_000

export function openPool(options: ConnectionTarget & { poolSize: number; logger: Logger }): Pool {
  const target = describeTarget(options)
  const pool = new pg.Pool({ ...connectionSettings(options), max: options.poolSize, idleTimeoutMillis: IDLE_CONNECTION_MS })
  const members = keepMembers(pool, options)
  const stopping = new AbortController()
  pool.on('error', error =>
    options.logger.warn('database.idle-connection-lost', { target, error: toDatabaseError({ doing: 'idling', error }) }),
  )

  const stopped = () => new DatabaseError('aborted', `waiting for a connection to ${target}: told to stop (aborted)`)
  const take = async (signal: AbortSignal): Promise<pg.PoolClient> => {
    const taking = pool.connect()
    try {
      return await orAbort(taking, stopped, signal, stopping.signal)
    } catch (error) {
      taking.then(
        client => client.release(),
        () => undefined, // the same error, already on its way to the caller
      )
      throw toDatabaseError({ doing: `waiting for one of ${options.poolSize} connections to ${target}`, error })
    }
  }

  return {
    lend: async (use, signal) => {
      const client = await take(signal)
      const member = members.of(client)
      const { connection } = member
      try {
        if (!member.isAdmitted) await admit(connection, options)
        member.isAdmitted = true
        return await use(connection)
      } finally {
        client.release(!member.isAdmitted || connection.lost.aborted || client.getTransactionStatus() !== 'I')
      }
    },
    close: async () => {
      stopping.abort()
      const ended = pool.end().then(members.allEnded)
      const inTime = new AbortController()
      const late = wait(CLOSE_WITHIN_MS, inTime.signal).then(passed => passed && members.cutAll())
      await Promise.race([ended, late])
      inTime.abort()
      await members.allEnded()
    },
  }
}

function keepMembers(pool: pg.Pool, options: ConnectionTarget) {
  const names = createStatementNames()
  const { statementTimeoutMs = STATEMENT_TIMEOUT_MS } = options
  const marginMs = Math.min(ANSWER_MARGIN_MS.most, Math.max(ANSWER_MARGIN_MS.least, statementTimeoutMs / 2))
  const answerWithinMs = statementTimeoutMs + marginMs
  const members = new Map<pg.PoolClient, Member>()
  const add = (client: pg.PoolClient): Member => {
    const ended = new Promise<void>(resolve => client.once('end', () => resolve())).then(() => void members.delete(client))
    const member = { connection: wrapConnection(client, { names, answerWithinMs }), isAdmitted: false, ended }
    members.set(client, member)
    return member
  }
  pool.on('connect', add)
  const closed = new DatabaseError('aborted', 'using a database connection: the database was closed (aborted)')
  return {
    of: (client: pg.PoolClient) => members.get(client) ?? add(client),
    cutAll: () => {
      for (const { connection } of members.values()) connection.cut(closed)
    },
    allEnded: async () => void (await Promise.all([...members.values()].map(({ ended }) => ended))),
  }
}
