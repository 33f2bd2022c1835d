// Files in preparation are in the hands of one process: for as long as it lives, however slow the file is, and a few seconds longer where it dies.
import type { RequestListener } from 'node:http'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { sampleJpeg } from '../../simulator/media/sample-media.ts'
import { type Database, DatabaseError } from '../../src/database/database.ts'
import { writeTogether } from '../../src/database/statement-parts.ts'
import { commandIds } from '../../src/instances/command-ids.ts'
import { acceptCommands } from '../../src/instances/commands.ts'
import { readCommand } from '../../src/instances/commands-shown.ts'
import { askUpload, readUpload, uploadIdOf } from '../../src/instances/uploads.ts'
import { claimUploads } from '../../src/instances/uploads-at-work.ts'
import type { UploadsDeps } from '../../src/processors/uploads/open-uploads.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { mediaConfig } from '../ground/processors/media-world.ts'
import { here, openUploadsWorld, start as startIn, type UploadsWorld } from '../ground/processors/uploads-world.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['uploads.not-held', 'upload.not-settled'])
const shop = 'shop'
let world: UploadsWorld
let photo: Buffer
/** By the path that is asked for. */
const answers = new Map<string, RequestListener>()

beforeAll(async () => {
  world = await openUploadsWorld('uploads held', logger)
  world.outside.answer = (request, response) => answers.get(request.url ?? '')?.(request, response)
  photo = await sampleJpeg()
})
afterEach(async () => {
  await Promise.all(world.roles.splice(0).map(role => role.close()))
})
afterAll(() => world.close())

/** It looks by itself so seldom that no test sees it, if not told otherwise. */
const start = (given: Partial<UploadsDeps> = {}) =>
  startIn(world, {}, { lookMs: 600_000, silentMs: 60_000, config: mediaConfig({ idleTimeoutMs: 30_000 }), ...given })

let nth = 0

/** A photo at a URL, whose server answers once it is told to `give`, if it is to wait; `asked` counts how often it was asked. */
async function askForPhoto({ waits = false, instanceId = shop } = {}) {
  const counts = { asked: 0 }
  const waiting: (() => void)[] = []
  const path = `/${++nth}.jpg`
  answers.set(path, (_request, response) => {
    counts.asked += 1
    if (waits) waiting.push(() => void response.end(photo))
    else response.end(photo)
  })
  const uploadId = uploadIdOf({ instanceId, key: `photo ${nth}` })
  const incomingKey = `incoming/${instanceId}/uploads/${uploadId}${'0'.repeat(32)}`
  await askUpload(
    { database: world.testDatabase.database, sealer: world.sealer },
    {
      ...{ uploadId, instanceId, digest: 'd', kind: 'image', incomingKey, source: { from: 'url', url: here(world, path) } },
      ...{ chatId: null, caption: null, fileName: null, mimetype: null, sizeBytes: null },
      ...{ askedAt: Date.now(), expiresAt: Date.now() + 86_400_000 },
    },
  )
  return { uploadId, counts, give: () => waiting.map(one => one()) }
}

const untilReady = (uploadId: string) =>
  until('it to be ready', async () => (await readUpload(world.testDatabase.database, uploadId))?.state === 'ready')
async function holdOf(uploadId: string) {
  const [row] = await world.testDatabase.database.query<{ claims: number; claim: string | null; left: number | null }>(
    `select claims, claim, extract(epoch from claimed_until - now())::float8 as left from uploads where upload_id = $1`,
    [uploadId],
  )
  if (row === undefined) throw new Error(`expected upload ${uploadId}`)
  return row
}
/** By a process that says no more of it. */
async function claimAndDie(uploadId: string, leaseMs: number): Promise<void> {
  const claimed = await claimUploads(world.testDatabase, { limit: 1, perInstance: 100, leaseMs })
  expect(claimed.map(({ row }) => row.uploadId)).toEqual([uploadId])
}

test('[C13] [B6] what a process died with is prepared once its lease is over, by whoever is there, without another look', async () => {
  const { uploadId, counts } = await askForPhoto()
  await claimAndDie(uploadId, 500)
  start()
  await untilReady(uploadId)
  expect([counts.asked, (await holdOf(uploadId)).claims]).toEqual([1, 2])
})

test('[C13] [F1] while nobody has taken over what a process died with, its command says that it waits for its file', async () => {
  const { uploadId } = await askForPhoto()
  await claimAndDie(uploadId, 3_600_000)
  const chatId = '5511900000011@s.whatsapp.net'
  const ids = commandIds({ instanceId: shop, key: 'its command' })
  const asked = { digest: 'aa', operation: 'message.send', askedAt: Date.now(), expiresAt: Date.now() + 86_400_000 }
  const body = { chatId, kind: 'image', media: { uploadId } }
  const accepted = { ...ids, instanceId: shop, chatId, ...asked, body, partition: 0, place: 1n }
  await writeTogether(world.testDatabase.database, acceptCommands([accepted]))
  const reason = async () => (await readCommand(world.testDatabase.database, shop, ids.commandId))?.waitsFor?.reason
  expect(await reason()).toBe('media')
  start({ isAlone: true })
  await untilReady(uploadId)
  expect(await reason()).toBe('pace')
})

test('[C13] [B6] what a process died with is prepared at once by the next one where no other can have it', async () => {
  const { uploadId } = await askForPhoto()
  await claimAndDie(uploadId, 3_600_000)
  start({ isAlone: true })
  await untilReady(uploadId)
})

test('[C13] [B6] a lease is a few seconds, however long a file takes', async () => {
  const { uploadId, counts, give } = await askForPhoto({ waits: true })
  start()
  await until('it to be asked for', () => counts.asked > 0)
  const { left } = await holdOf(uploadId)
  expect(left).toBeGreaterThan(0)
  expect(left).toBeLessThanOrEqual(6)
  give()
  await untilReady(uploadId)
})

test('[C13] [B6] a slow file stays with whoever lives and prepares it, whoever else looks', async () => {
  const { uploadId, counts, give } = await askForPhoto({ waits: true })
  start({ leaseMs: 300, lookMs: 50 })
  start({ leaseMs: 300, lookMs: 50 })
  await until('it to be asked for', () => counts.asked > 0)
  const leases = new Set<number>()
  await until('several leases to be over', async () => leases.add(Math.round(((await deadlineOf(uploadId)) ?? 0) / 100)).size > 6)
  give()
  await untilReady(uploadId)
  expect([counts.asked, (await holdOf(uploadId)).claims]).toEqual([1, 1])
})

async function deadlineOf(uploadId: string) {
  const [row] = await world.testDatabase.database.query<{ at: Date | null }>(
    'select claimed_until as at from uploads where upload_id = $1',
    [uploadId],
  )
  return row?.at?.getTime()
}

test('[C13] [B6] a process that cannot say for a while that it lives does not begin again what it has in hand', async () => {
  const { uploadId, counts, give } = await askForPhoto({ waits: true })
  const holding = { isAway: true }
  start({ database: withoutHolding(world.testDatabase.database, holding), leaseMs: 200, lookMs: 50 })
  await until('its lease to be over for some looks', async () => ((await holdOf(uploadId)).left ?? 0) < -0.3)
  holding.isAway = false
  await until('its lease to go on', async () => ((await holdOf(uploadId)).left ?? 0) > 0)
  give()
  await untilReady(uploadId)
  expect([counts.asked, (await holdOf(uploadId)).claims]).toEqual([1, 1])
})

test('[C13] [B6] who lives and loses a file to another one, since it could not say so, gives its claim back: nobody died', async () => {
  const { uploadId, counts, give } = await askForPhoto({ waits: true })
  const holding = await startAndLose(uploadId, counts)
  await until('the other one to ask', () => counts.asked === 2)
  expect((await holdOf(uploadId)).claims).toBe(2)
  holding.isAway = false
  await until('it to be given back', async () => (await holdOf(uploadId)).claims === 1)
  give()
  await untilReady(uploadId)
})

test('[C13] [B6] after as many claims as there may be it waits until whoever had it last has had time to say that it lives', async () => {
  const { uploadId, counts, give } = await askForPhoto({ waits: true })
  const holding = await startAndLose(uploadId, counts, 5)
  await until('it to be put off', async () => (await holdOf(uploadId)).claim === null)
  holding.isAway = false
  await until('it to be given back', async () => (await holdOf(uploadId)).claims === 4)
  await world.testDatabase.database.query('update uploads set due_at = now() where upload_id = $1', [uploadId])
  await until('it to be asked for again', () => counts.asked > 1)
  give()
  await untilReady(uploadId)
})

/** In the hands of one that cannot say that it lives, until another one claims it; that was its `claims`th claim. */
async function startAndLose(uploadId: string, counts: { asked: number }, claims = 1): Promise<{ isAway: boolean }> {
  const holding = { isAway: false }
  const timing = { leaseMs: 200, lookMs: 50, silentMs: 3_600_000 }
  start({ ...timing, database: withoutHolding(world.testDatabase.database, holding) })
  await until('it to be asked for', () => counts.asked > 0)
  await world.testDatabase.database.query('update uploads set claims = $2 where upload_id = $1', [uploadId, claims])
  const { claim } = await holdOf(uploadId)
  holding.isAway = true
  start(timing)
  await until('another one to claim it', async () => (await holdOf(uploadId)).claim !== claim)
  return holding
}

/** Renewals alone are not carried out. */
const withoutHolding = (database: Database, holding: { isAway: boolean }): Database => ({
  ...database,
  query: (sql, values) =>
    holding.isAway && /set claimed_until = [^;]* given\(upload_id, claim\)/s.test(sql)
      ? Promise.reject(new DatabaseError('unreachable', 'holding on: Postgres is away'))
      : database.query(sql, values),
})

test('[C13] [B6] what one could not say the end of is prepared again, whatever else was claimed with it and is still in hand', async () => {
  const first = await askForPhoto({ instanceId: 'first' })
  const second = await askForPhoto({ instanceId: 'second', waits: true })
  start({ database: withoutOneEnd(world.testDatabase.database, first.uploadId), leaseMs: 200, lookMs: 50 })
  await untilReady(first.uploadId)
  expect((await readUpload(world.testDatabase.database, second.uploadId))?.state).toBe('processing')
  second.give()
  await untilReady(second.uploadId)
  expect([first.counts.asked, second.counts.asked]).toEqual([2, 1])
})

/** The first time that one is ready, nobody is told. */
function withoutOneEnd(database: Database, uploadId: string): Database {
  let isOver = false
  return {
    ...database,
    query: (sql, values) => {
      if (isOver || !sql.includes("set state = 'ready'") || values?.[0] !== uploadId) return database.query(sql, values)
      isOver = true
      return Promise.reject(new DatabaseError('unreachable', 'saying that it is ready: Postgres is away'))
    },
  }
}
