// Appending inside of transactions, on the log in Postgres; and by two processes, one of which dies in between.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aRecord, openGround, textOf } from '../contracts/log-ground.ts'
import { type BrokenInside, brokenInsides, insideOf, insidePromises } from '../contracts/log-inside.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { openPostgresAdapter } from '../ground/log/postgres-adapter.ts'

let server: TestDatabase
beforeAll(async () => {
  server = await openTestDatabase('append inside', { poolSize: 10 })
})
afterAll(() => server.close())

/** Waits of a broken one are short. */
async function openInside(broken?: BrokenInside) {
  const adapter = openPostgresAdapter(server)
  const openMember = async () => {
    const member = await adapter.openMember()
    if (broken === undefined) return member
    return { ...member, log: { ...member.log, inside: broken.inside(insideOf(member.log)) } }
  }
  const ground = await openGround({ ...adapter, openMember }, broken === undefined ? undefined : 1_000)
  return { ...ground, database: server.database }
}

describe('the Postgres log', () => {
  test.each(Object.entries(insidePromises))('%s', async (_title, assertKept) => {
    const ground = await openInside()
    try {
      await assertKept(ground)
    } finally {
      await ground.close()
    }
  })
})

test.for(brokenInsides)('a log that $title is found out', async broken => {
  const found = Object.entries(insidePromises).filter(([title]) => title.startsWith(broken.breaks))
  expect(found).toHaveLength(1)
  const ground = await openInside(broken)
  const outcome = await found[0]?.[1](ground).then(
    () => 'nothing was noticed',
    () => 'red',
  )
  await ground.close()
  expect(outcome).toBe('red')
})

test('[B2] [B4] of a process that is killed between append and commit nothing is in the log, and another one’s append goes on', async () => {
  const ground = await openInside()
  const topic = await ground.topic()
  await ground.append(topic, [aRecord('one', 'a')])
  const program = fileURLToPath(new URL('../ground/log/append-inside-and-stop.ts', import.meta.url))
  const child = spawn(process.execPath, [program, server.url, topic], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  let isDone = false
  const waits = ground.append(topic, [aRecord('one', 'b')]).then(() => {
    isDone = true
  })
  await ground.until('it waits', async () => {
    const rows = await server.database.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%log_append%'`,
    )
    return rows.length === 1
  })
  expect(isDone).toBe(false)
  child.kill('SIGKILL')
  await ground.within('it goes on', waits)
  expect((await ground.all(topic)).map(record => [textOf(record), record.offset])).toEqual([
    ['a', 0n],
    ['b', 1n],
  ])
  await ground.close()
})
