// Where a process under test dies: at a named point of its own work, once armed by SIGUSR2. The product knows nothing of it.
import type { Database, Transaction } from '../../../src/database/database.ts'
import type { Append, EventLog } from '../../../src/log/log.ts'

export type CrashPoint =
  /** Before, or after, an append to that topic that holds an event of that type. */
  | { at: 'append'; when: 'before' | 'after'; topic: string; eventType?: string }
  /** When a statement that contains the text is about to run, or when the transaction it ran in has committed. */
  | { at: 'statement'; when: 'before' | 'committed'; contains: string }
  /** Not by itself: from the nth on such statements never run, so that whoever kills it finds their work undone. */
  | { at: 'statement'; when: 'held'; contains: string }

export type CrashPlan = {
  point: CrashPoint
  /** Dies at the nth time [1]. */
  nth?: number
  /** Counts from the start on, without SIGUSR2. */
  armed?: boolean
}

type Ports = { log: EventLog; database: Database; waitingDatabase: Database }

export function crashing(plan: CrashPlan | null, ports: Ports): Ports {
  if (plan === null) return ports
  const { point } = plan
  let left = plan.nth ?? 1
  let armed = plan.armed ?? false
  process.on('SIGUSR2', () => {
    armed = true
  })
  const die = () => {
    if (!armed || --left > 0) return
    process.kill(process.pid, 'SIGKILL')
  }

  if (point.at === 'append') return { ...ports, log: dyingLog(ports.log, point, die) }

  const isHeld = () => armed && --left <= 0
  const watch = (tx: Transaction, hit: () => void): Transaction => ({
    query: (sql, values) => {
      if (sql.includes(point.contains)) {
        if (point.when === 'held' && isHeld()) return new Promise(() => 'never')
        if (point.when === 'before') die()
        hit()
      }
      return tx.query(sql, values)
    },
  })
  const dying = (database: Database): Database => ({
    ...database,
    query: async (sql, values) => {
      let hit = false
      const rows = await watch(database, () => {
        hit = true
      }).query<never>(sql, values)
      if (hit && point.when === 'committed') die()
      return rows
    },
    transact: async (work, signal) => {
      let hit = false
      const result = await database.transact(
        tx =>
          work(
            watch(tx, () => {
              hit = true
            }),
          ),
        signal,
      )
      if (hit && point.when === 'committed') die()
      return result
    },
  })
  return { ...ports, database: dying(ports.database), waitingDatabase: dying(ports.waitingDatabase) }
}

/** An append inside of a transaction is over once that is committed. */
function dyingLog(log: EventLog, point: CrashPoint & { at: 'append' }, die: () => void): EventLog {
  const { inside } = log
  const isMeant = ({ topic, records }: Append) =>
    topic.endsWith(point.topic) &&
    (point.eventType === undefined || records.some(record => record.headers['event-type'] === point.eventType))
  const dieIf = (isHit: boolean, when: 'before' | 'after') => {
    if (isHit && point.when === when) die()
  }
  return {
    ...log,
    append: async (append, signal) => {
      dieIf(isMeant(append), 'before')
      const positions = await log.append(append, signal)
      dieIf(isMeant(append), 'after')
      return positions
    },
    inside: inside && {
      ...inside,
      prepare: (appends, signal) => {
        dieIf(appends.some(isMeant), 'before')
        return inside.prepare(appends, signal)
      },
      committed: (rows, prepared) => {
        dieIf(
          rows.some(({ topic }) => topic.endsWith(point.topic)),
          'after',
        )
        inside.committed(rows, prepared)
      },
    },
  }
}
