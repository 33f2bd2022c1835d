// A file is prepared once in effect, whoever dies meanwhile and whatever is away, and no account keeps another from its turn.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sampleJpeg } from '../../simulator/media/sample-media.ts'
import { askUpload, nameCommand, readyKeyOf } from '../../src/instances/uploads.ts'
import { claimUploads, readyUpload } from '../../src/instances/uploads-at-work.ts'
import { openTestDatabase } from '../ground/database.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { never } from '../ground/processors/media-world.ts'
import {
  ask,
  bytesOf,
  give,
  here,
  leftOf,
  openUploadsWorld,
  prepared,
  settled,
  start,
  told,
  type UploadsWorld,
} from '../ground/processors/uploads-world.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['upload.picture-unread', 'upload.voice-unheard'])
let world: UploadsWorld

beforeAll(async () => {
  world = await openUploadsWorld('uploads again', logger)
  start(world)
})
beforeEach(() => world.store.failing.clear())
afterAll(() => world.close())

describe('whoever prepares', () => {
  test('[C13] [B6] died in the middle: another one does it again, and what the dead one still says counts for nothing', async () => {
    const first = await prepared(world, await sampleJpeg(), { mimetype: 'image/jpeg' })
    const source = { from: 'object', objectKey: first.file?.objectKey ?? '' } as const
    const row = await ask(world, { source, instanceId: 'dying' })
    // Whichever process claims it, its claim is made a dead one's.
    await settled(world, row)
    const put = async (text: string) => {
      const body = (async function* () {
        yield Buffer.from(text)
      })()
      await world.under.store.put({ key: readyKeyOf(row, 'dead'), body, contentType: 'image/jpeg', metadata: {} }, never)
    }
    await put('half of it')
    await world.testDatabase.database.query(
      `update uploads set state = 'processing', claim = 'dead', claimed_until = now() - interval '1 second', file = null where upload_id = $1`,
      [row.uploadId],
    )
    const file = { objectKey: 'wrong', mimetype: '', sizeBytes: 0, sha256: '', fileName: null, width: null, height: null }
    const late = { ...file, durationSeconds: null, thumbnail: null, pages: null, waveform: null }
    const again = await settled(world, row)
    expect(await world.under.store.head(readyKeyOf(row, 'dead'), never)).toBeNull()
    await put('another file')
    expect(await bytesOf(world, again.file?.objectKey ?? '')).toEqual(await bytesOf(world, first.file?.objectKey ?? ''))
    expect(await readyUpload(world.testDatabase.database, { uploadId: row.uploadId, claim: 'dead' }, late)).toBe(false)
  })

  test('[C13] the store being away costs no try, and nothing but time', async () => {
    world.store.failing.set('get', 'unreachable')
    const row = await give(world, await sampleJpeg(), { mimetype: 'image/jpeg' })
    await until('it to be put off', async () =>
      logger.lines.some(line => line.event === 'upload.put-off' && line.fields.uploadId === row.uploadId),
    )
    world.store.failing.clear()
    await world.testDatabase.database.query('update uploads set due_at = now() where upload_id = $1', [row.uploadId])
    expect((await settled(world, row)).state).toBe('ready')
    const [{ claims } = { claims: 0 }] = await world.testDatabase.database.query<{ claims: number }>(
      'select claims from uploads where upload_id = $1',
      [row.uploadId],
    )
    expect(claims).toBe(1)
  })

  test('[C13] [B6] died at it each time: it fails before a byte of it is read', async () => {
    const row = await ask(world, { sizeBytes: 3 })
    await world.testDatabase.database.query(
      `update uploads set state = 'processing', claim = 'dead', claimed_until = now() - interval '1 second', claims = 5 where upload_id = $1`,
      [row.uploadId],
    )
    expect(await settled(world, row)).toMatchObject({ state: 'failed', reason: 'internal' })
    expect(world.store.calls).not.toContain(`get ${row.incomingKey}`)
  })

  test('[C13] tells a failure with the command that sends it by then', async () => {
    const asked = new Promise<() => void>(resolve => {
      world.outside.answer = (_request, response) => resolve(() => void response.writeHead(404).end())
    })
    const row = await ask(world, { source: { from: 'url', url: here(world) } })
    const refuse = await asked
    const command = { commandId: 'c', messageId: 'm' }
    await nameCommand(world.testDatabase.database, { uploadId: row.uploadId, sends: 1, ...command })
    refuse()
    await until('it to be told', async () => (await told(world, row.uploadId)).length > 0)
    expect(await told(world, row.uploadId)).toMatchObject([{ reason: 'gone', ...command }])
  })

  test('[C13] leaves nothing of a file that fails once it is kept', async () => {
    world.outside.answer = async (_request, response) => void response.end(await sampleJpeg())
    world.store.failing.set('get', 'refused')
    const row = await settled(world, await ask(world, { source: { from: 'url', url: here(world) } }))
    expect(row).toMatchObject({ state: 'failed', reason: 'storage-refused' })
    await until('it to be gone', async () => (await leftOf(world, row)).length === 0)
    expect(world.store.calls.some(call => call.startsWith(`put ${row.incomingKey}-ready-`))).toBe(true)
  })

  test('[C13] what the store will not have fails', async () => {
    world.store.failing.set('put', 'refused')
    const row = await give(world, await sampleJpeg(), { mimetype: 'image/jpeg' })
    expect(await settled(world, row)).toMatchObject({ state: 'failed', reason: 'storage-refused' })
  })
})

describe('claims', () => {
  test('[C13] one account with many waiting keeps no other from its turn', async () => {
    const other = await openTestDatabase('uploads claims')
    const askHere = (instanceId: string, n: number) =>
      askUpload(
        { database: other.database, sealer: world.sealer },
        {
          ...{
            uploadId: `${instanceId}${n}`,
            instanceId,
            digest: '',
            kind: 'image',
            chatId: null,
            caption: null,
            fileName: null,
            mimetype: null,
          },
          ...{ source: { from: 'object', objectKey: 'k' } as const, sizeBytes: null, incomingKey: 'k', askedAt: n, expiresAt: n },
        },
      )
    for (let n = 0; n < 5; n++) await askHere('busy', n)
    const claim = async (limit: number) =>
      (await claimUploads({ database: other.database }, { limit, perInstance: 2, leaseMs: 60_000 })).map(
        ({ row }) => row.instanceId,
      )
    expect(await claim(4)).toEqual(['busy'])
    expect(await claim(4)).toEqual(['busy'])
    // The others of its files wait, however many places are free.
    expect(await claim(4)).toEqual([])
    await askHere('late', 9)
    expect(await claim(1)).toEqual(['late'])
    await other.close()
  })
})
