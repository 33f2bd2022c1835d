// An external Postgres: whether zaplog can use it, what a start would change in it, and how many connections are left.
import { type PostgresFacts, readPostgresFacts } from '../database/postgres-facts.ts'
import type { Config } from '../runtime/config.ts'
import { connectionsOf } from './databases.ts'
import { judgeCertificate } from './examine-certificates.ts'
import { broken, doubtful, type Finding, fine } from './finding.ts'
import { judgeClock } from './judge-clock.ts'

const part = 'postgres'
const OLDEST_SERVER = 14

export async function examinePostgres(config: Config, signal: AbortSignal): Promise<readonly Finding[]> {
  const { url, sslCa } = config.database
  const facts = await readPostgresFacts({ url: url ?? '', sslCa, applicationName: 'doctor' }, signal)
  return judgePostgres(facts, { takes: connectionsOf(config), nowAt: Date.now() })
}

/** `takes`: connections of one process. Pure. */
export function judgePostgres(facts: PostgresFacts, { takes, nowAt }: { takes: number; nowAt: number }): readonly Finding[] {
  const { certificateEndsAt } = facts
  return [
    judgeServer(facts),
    judgeMigrations(facts),
    judgeConnections(facts, takes),
    judgeClock(part, facts.clockSkewMs),
    ...(certificateEndsAt === null ? [] : [judgeCertificate({ of: 'Postgres', endsAt: certificateEndsAt }, nowAt)]),
  ]
}

function judgeServer({ version, major, encoding, isStandby, canCreate }: PostgresFacts): Finding {
  const found = `version ${version}`
  if (major < OLDEST_SERVER) return broken(part, found, `expected PostgreSQL ${OLDEST_SERVER} or later`)
  if (encoding !== 'UTF8')
    return broken(part, `${found}, a database in ${encoding}`, 'expected a database in UTF8: make a new one')
  if (isStandby) return broken(part, `${found}, a standby`, 'expected DATABASE_URL to name the primary')
  if (!canCreate)
    return broken(
      part,
      `${found}, where this user can make no tables`,
      'grant create on the database and on its schema public to the user of DATABASE_URL',
    )
  return fine(part, found)
}

function judgeMigrations({ migrations: { missing, unknown, knows, runsFrom } }: PostgresFacts): Finding {
  const isBeside = missing.length === 0 && runsFrom <= knows
  if (unknown.length > 0 && isBeside)
    return fine(part, `a newer zaplog has written this database (${unknown.join(', ')}), and this version may run beside it`)
  if (unknown.length > 0)
    return broken(
      part,
      `a newer zaplog has written this database (${unknown.join(', ')})`,
      'run that version or later, or restore a backup from before it',
    )
  if (missing.length === 0) return fine(part, 'its tables are those of this version')
  return fine(part, `the next start applies ${missing.length} more migrations, ${missing[0]} to ${missing.at(-1)}`)
}

/** Those of zaplogs that run count as free: whoever looks has often just not stopped one. */
function judgeConnections({ connections: { most, taken, ours } }: PostgresFacts, takes: number): Finding {
  const left = most - taken
  const found = `${taken} of ${most} connections are taken, ${ours} of them by zaplogs; one takes up to ${takes}`
  if (left + ours >= takes) return fine(part, found)
  return doubtful(part, found, 'raise max_connections, or lower DATABASE_POOL_SIZE')
}
