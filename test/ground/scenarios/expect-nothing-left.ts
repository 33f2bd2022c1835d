// What a zaplog that ended leaves on its external parts: data, and nobody who holds any of it.
import { expect } from 'vitest'
import { openSession } from '../../../src/database/session.ts'
import { asAdmin } from '../log/kafka-adapter.ts'
import { until } from '../until.ts'

type Env = Readonly<Record<string, string>>

const never = new AbortController().signal
/** The server ends the session of a closed connection at once, unless it is within a statement. */
const SESSIONS_END_WITHIN_MS = 5_000

/** No session of zaplog's in Postgres, so no lock either; no member in any of its consumer groups. */
export async function expectNothingLeft(env: Env): Promise<void> {
  expect(await groupMembers(env)).toEqual([]) // first: a member that did not leave is gone by itself after its session timeout
  await until('every session in Postgres to be over', () => noSessions(env), SESSIONS_END_WITHIN_MS)
}

const groupMembers = ({ KAFKA_BROKERS = '', GROUP_PREFIX = '' }: Env): Promise<readonly string[]> =>
  asAdmin({ brokers: KAFKA_BROKERS }, async admin => {
    const { groups } = await admin.listGroups()
    const ours = groups.map(({ groupId }) => groupId).filter(id => id.startsWith(GROUP_PREFIX))
    const described = await admin.describeGroups(ours)
    return described.groups.flatMap(({ groupId, members }) => members.map(({ memberId }) => `${groupId}: ${memberId}`))
  })

async function noSessions({ DATABASE_URL = '' }: Env): Promise<boolean> {
  const session = await openSession({ url: DATABASE_URL, applicationName: 'scenario' }, never)
  try {
    const open = await session.query(`select application_name from pg_stat_activity where application_name like 'zaplog%'`)
    return open.length === 0
  } finally {
    await session.close()
  }
}
