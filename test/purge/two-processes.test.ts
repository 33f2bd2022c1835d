// Several processes carry out purges at once: whoever is in the middle of one is let go on, and whoever cannot go on is in nobody's way.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Database } from '../../src/database/database.ts'
import { LogError } from '../../src/log/log.ts'
import { ObjectError, type ObjectStore } from '../../src/objects/objects.ts'
import { readPurge } from '../../src/purge/queries.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never, openPurgeWorld, type PurgeWorld } from '../ground/purge/purge-world.ts'
import { until } from '../ground/until.ts'

const LONG_MS = 600_000
let world: PurgeWorld
beforeEach(async () => {
  world = await openPurgeWorld('two processes')
  await world.reserve('shop')
  async function* body() {
    yield Buffer.from('a file')
  }
  const key = world.objects.newKey(`shop/2026/01/05/${'a'.repeat(32)}.jpg`)
  await world.objects.put({ key, body: body(), contentType: 'image/jpeg', metadata: {} }, never)
})
afterEach(() => world.close())

/** A store in which a call is not answered before it is let through. */
function heldAt(call: 'delete' | 'abandon') {
  const [reached, through] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const objects: ObjectStore = {
    ...world.objects,
    [call]: async (...given: never[]) => {
      reached.resolve()
      await through.promise
      return (world.objects[call] as (...given: never[]) => Promise<unknown>)(...given)
    },
  }
  return { objects, reached: reached.promise, letThrough: () => through.resolve() }
}

/** For one process alone: neither the store nor the log answers it. */
function cutOff() {
  const away = () => new ObjectError('unreachable', 'asking the store: nobody answers')
  const objects: ObjectStore = {
    ...world.objects,
    // biome-ignore lint/correctness/useYield: it never gets that far
    list: async function* () {
      throw away()
    },
    delete: () => Promise.reject(away()),
    abandon: () => Promise.reject(away()),
  }
  return {
    objects,
    log: { ...world.log, lag: () => Promise.reject(new LogError('unavailable', 'asking the log: nobody answers')) },
  }
}

/** How often somebody looked what there is to purge. */
function countingLooks() {
  let looks = 0
  const database: Database = {
    ...world.database,
    query: async (sql, values) => {
      const rows = await world.database.query<never>(sql, values)
      if (sql.includes('from purges where done_at is null')) looks += 1
      return rows
    },
  }
  return { database, looks: () => looks }
}

const begunBy = ({ lines }: ReturnType<typeof collectLogLines>) => lines.filter(line => line.event === 'purge.going-on').length
const untilDone = () => until('the purge to be done', async () => (await readPurge(world.database, 'shop'))?.state === 'done')

test('[A7] what another process is in the middle of is left alone', async () => {
  await world.request('shop')
  const held = heldAt('delete')
  const first = world.start({ objects: held.objects })
  await held.reached
  const [logger, { database, looks }] = [collectLogLines(), countingLooks()]
  const second = world.start({ logger, database, standAsideMs: LONG_MS })
  await until('it to look a few times', () => looks() > 3)
  held.letThrough()
  await untilDone()
  expect(begunBy(logger)).toBe(0)
  await Promise.all([first.close(), second.close()])
})

test('[A7] what does not move in one process is taken over by another', async () => {
  await world.request('shop')
  const held = heldAt('delete')
  const first = world.start({ objects: held.objects })
  await held.reached
  const second = world.start()
  await untilDone()
  held.letThrough()
  await Promise.all([first.close(), second.close()])
})

test('[A7] a process that cannot go on with a purge says so, and throws nobody out who can', async () => {
  await world.request('shop')
  const [held, logger] = [heldAt('delete'), collectLogLines()]
  const first = world.start({ objects: held.objects, logger, standAsideMs: LONG_MS })
  await held.reached
  const second = world.start(cutOff())
  await world.untilWaits('shop', 'asking the store: nobody answers (unreachable)')
  held.letThrough()
  await untilDone()
  expect(begunBy(logger)).toBe(1)
  await Promise.all([first.close(), second.close()])
})

test('[A7] what kept one process from going on is over for its health once another goes on', async () => {
  await world.request('shop')
  const stuck = world.start({ ...cutOff(), standAsideMs: LONG_MS })
  await until('it to be stuck', () => stuck.checks()[0]?.state === 'degraded')
  const held = heldAt('abandon')
  const other = world.start({ objects: held.objects })
  await held.reached
  await until('it to see that another goes on', () => stuck.checks()[0]?.state === 'ok')
  expect(await readPurge(world.database, 'shop')).toMatchObject({ state: 'running', waitsFor: null })
  held.letThrough()
  await untilDone()
  await Promise.all([stuck.close(), other.close()])
})
