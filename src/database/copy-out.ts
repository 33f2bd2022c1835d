// Copies rows out of Postgres over connections of its own: the driver has no COPY, and hands its messages to whoever submits one.
import pg, { type Connection, type Submittable } from 'pg'
import type { Logger } from '../runtime/logger.ts'
import { destroy } from './connection.ts'
import { type ConnectionTarget, connectionSettings, describeTarget, STATEMENT_TIMEOUT_MS } from './connection-settings.ts'
import type { CopyOut } from './copied-rows.ts'
import { toDatabaseError } from './postgres-errors.ts'

type Options = ConnectionTarget & { connections: number; logger: Logger }

/** Beyond the statement's own time, so that only a server that went silent is given up. */
const ANSWER_MARGIN_MS = 5_000

/** Connects when first used. */
export function openCopyOut(options: Options): CopyOut {
  const { statementTimeoutMs = STATEMENT_TIMEOUT_MS, connections, logger } = options
  const doing = `copying rows out of ${describeTarget(options)}`
  const pool = new pg.Pool({ ...connectionSettings(options), max: connections })
  pool.on('error', error => logger.warn('database.idle-connection-lost', { error: toDatabaseError({ doing, error }) }))
  // Of a connection that breaks under a copy that copy says it.
  pool.on('connect', client => client.on('error', () => undefined))

  async function copyOut(query: string): Promise<Buffer> {
    const client = await pool.connect()
    const tooLate = setTimeout(() => destroy(client as unknown as pg.Client), statementTimeoutMs + ANSWER_MARGIN_MS)
    let failed = true
    try {
      const bytes = await run(client, `copy (${query}) to stdout (format binary)`)
      failed = false
      return bytes
    } finally {
      clearTimeout(tooLate)
      client.release(failed)
    }
  }

  return {
    copyOut: query =>
      copyOut(query).catch(error => {
        throw toDatabaseError({ doing, error })
      }),
    close: () => pool.end(),
  }
}

/** What the driver calls of a statement that is not its own. */
type Copying = Submittable & {
  handleCopyData(message: { chunk: Buffer }): void
  handleCommandComplete(): void
  handleReadyForQuery(): void
  handleError(error: Error): void
}

function run(client: pg.ClientBase, statement: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  return new Promise((resolve, reject) => {
    const copying: Copying = {
      submit: (connection: Connection) => connection.query(statement),
      // The driver reads the next bytes into the same memory.
      handleCopyData: ({ chunk }) => void chunks.push(Buffer.from(chunk)),
      handleCommandComplete: () => undefined,
      handleReadyForQuery: () => resolve(Buffer.concat(chunks)),
      handleError: reject,
    }
    client.query(copying)
  })
}
