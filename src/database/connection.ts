// One connection: its queries run one after another, each is answered in time or the connection is given up, and its loss is known at once.
import type { Socket } from 'node:net'
import type { ClientBase } from 'pg'
import { DatabaseError } from './database.ts'
import { breaksConnection, isStalePlan, toDatabaseError } from './postgres-errors.ts'
import type { StatementNames } from './statement-names.ts'

type Client = ClientBase & { end(): Promise<void> }
export type Answer<Row> = { rows: readonly Row[]; command: string }
export type Connection = {
  /** Rejects with DatabaseError. */
  run<Row>(sql: string, values?: readonly unknown[]): Promise<Answer<Row>>
  query<Row>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>
  /** Aborts, with a DatabaseError as its reason, once the connection is of no use any more. */
  lost: AbortSignal
  /** Cuts it: what runs rejects with `reason`, and the server rolls back. */
  cut(reason: DatabaseError): void
}

/** `answerWithinMs`: longer than the server's own statement timeout, so that only a server that went silent is cut. */
export function wrapConnection(client: Client, options: { names: StatementNames; answerWithinMs: number }): Connection {
  const { names, answerWithinMs } = options
  const losing = new AbortController()
  const lost = losing.signal
  let last: Promise<unknown> = Promise.resolve()

  const lose = (error: unknown) => losing.abort(toDatabaseError({ doing: 'holding a database connection', error }))
  client.on('error', lose)
  client.on('end', () => lose(new Error('Connection terminated')))

  const cut = (reason: DatabaseError) => {
    losing.abort(reason)
    destroy(client)
  }

  const run = <Row>(sql: string, values?: readonly unknown[]): Promise<Answer<Row>> => {
    const answer = last.then(() => runNow<Row>(sql, values))
    last = answer.catch(() => undefined) // its caller has the error; the next query only waits for the end
    return answer
  }

  const runNow = async <Row>(sql: string, values?: readonly unknown[]): Promise<Answer<Row>> => {
    // Made only where something is wrong, as errors and their stacks are: for every statement it would be a part of its cost.
    const doing = () => `running ${summarize(sql)}`
    if (lost.aborted) throw lostWhile(doing(), lost.reason, false)
    let silence: DatabaseError | null = null
    const timer = setTimeout(() => {
      const silent = `${doing()}: no answer within ${answerWithinMs} ms (timeout, retryable)`
      silence = new DatabaseError('timeout', silent, { perhapsDone: true })
      cut(silence)
    }, answerWithinMs)
    try {
      return answerOf<Row>(
        await client.query(values === undefined ? { text: sql } : { name: names.of(sql), text: sql, values: [...values] }),
      )
    } catch (error) {
      if (isStalePlan(error)) {
        names.renew()
        if (client.getTransactionStatus() === 'I') return await runNow<Row>(sql, values) // it did not run; in a transaction all of it repeats
      }
      if (silence !== null && lost.reason === silence) throw silence
      const failure = lost.aborted
        ? lostWhile(doing(), lost.reason, true)
        : toDatabaseError({ doing: doing(), error, perhapsDone: true })
      if (!lost.aborted && breaksConnection(error)) cut(failure)
      throw failure
    } finally {
      clearTimeout(timer)
    }
  }

  return { run, query: async <Row>(sql: string, values?: readonly unknown[]) => (await run<Row>(sql, values)).rows, lost, cut }
}

/** Closes the socket now: end() alone would wait for the goodbye of a peer that may be gone. */
export function destroy(client: Client): void {
  void client.end() // never rejects; from here on the driver reports the end as wanted
  ;(client as unknown as { connection: { stream: Socket } }).connection.stream.destroy()
}

function lostWhile(doing: string, reason: DatabaseError, perhapsDone: boolean): DatabaseError {
  return new DatabaseError(reason.code, `${doing}: ${reason.message}`, { sqlState: reason.sqlState, perhapsDone, cause: reason })
}

/** Several statements have several results; the last one counts. */
function answerOf<Row>(result: unknown): Answer<Row> {
  return (Array.isArray(result) ? result.at(-1) : result) as Answer<Row>
}

/** The beginning of a statement, for messages: values are parameters and never in it. */
const summarize = (sql: string) => {
  const line = sql.replace(/\s+/g, ' ').trim()
  return `"${line.length > 80 ? `${line.slice(0, 80)}…` : line}"`
}
