// One process with producers per database, by a session advisory lock: two would log in with the same credentials and throw each other out.
import type { Transaction } from '../database/database.ts'
import { wait } from '../runtime/wait.ts'
import { ProducersError } from './producers-error.ts'

/** A connection of its own; `lost` aborts as soon as it is gone, and the lock with it. */
export type LockSession = Transaction & { lost: AbortSignal; close(): Promise<void> }
export type OpenLockSession = (signal: AbortSignal) => Promise<LockSession>

/** 'zapl' as a number, and which of its locks. */
const lockKey = [0x7a61706c, 1] as const
/** A predecessor that was killed is noticed by the server within a moment. */
const patience = { attempts: 10, delayMs: 200 }

/** Rejects with ProducersError `already-running`, naming who holds the lock. */
export async function takeProducerLock(open: OpenLockSession, signal: AbortSignal): Promise<LockSession> {
  const session = await open(signal)
  try {
    for (let attempt = 1; !(await tryLock(session)); attempt++) {
      if (attempt >= patience.attempts || !(await wait(patience.delayMs, signal)))
        throw new ProducersError('already-running', await describeHolder(session))
    }
    return session
  } catch (error) {
    await session.close()
    throw error
  }
}

async function tryLock(session: LockSession): Promise<boolean> {
  const [row] = await session.query<{ locked: boolean }>('select pg_try_advisory_lock($1, $2) as locked', lockKey)
  return row?.locked === true
}

async function describeHolder(session: LockSession): Promise<string> {
  const [holder] = await session.query<{ pid: number; name: string; address: string; since: Date }>(
    `select a.pid, a.application_name as name, coalesce(host(a.client_addr), 'this machine') as address, a.backend_start as since
     from pg_locks l join pg_stat_activity a using (pid)
     where l.locktype = 'advisory' and l.granted and l.classid = $1::bigint::oid and l.objid = $2::bigint::oid
       and l.database = (select oid from pg_database where datname = current_database())`,
    lockKey,
  )
  const who =
    holder === undefined
      ? 'a process that has just let go of it'
      : `${holder.name || 'a process without a name'} at ${holder.address}, database session ${holder.pid}, since ${new Date(holder.since).toISOString()}`
  return `starting producers: another process already runs them on this database: ${who}`
}
