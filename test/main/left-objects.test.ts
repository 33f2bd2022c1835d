// Guarantee: files that a DATA_DIR has beside a bucket, which answer 404 from then on, are said by the doctor and by each start; nothing is said where there are none.
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { examineDataDir } from '../../src/main/examine-data-dir.ts'
import { warnOfLeft } from '../../src/main/objects.ts'
import { openFilesystemStore } from '../../src/objects/filesystem.ts'
import { never } from '../../src/runtime/or-abort.ts'
import { collectLogLines } from '../ground/log-lines.ts'

test('[H9] [H7] the doctor and a start say it once there is one, and not of an embedded store', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'zaplog-left-objects-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const logger = collectLogLines(['objects.left-in-data-dir'])
  const directory = join(dataDir, 'objects')
  const doubted = async (bucket: string | null) =>
    (await examineDataDir(dataDir, { bucket }, never)).filter(({ state }) => state === 'warn').map(({ found }) => found)
  const start = () => warnOfLeft(directory, { bucket: 'b', logger })
  await start()
  expect(await doubted('b')).toEqual([])
  const store = await openFilesystemStore({ directory, publicUrl: 'http://127.0.0.1', signingKey: Buffer.alloc(32, 1), logger })
  await mkdir(join(directory, 'objects', 'shop'))
  await start()
  expect([await doubted('b'), logger.lines]).toEqual([[], []])
  await store.put({ key: 'shop/one', body: bytes(), contentType: 'image/jpeg', metadata: {} }, never)
  await start()
  expect(await doubted('b')).toEqual([expect.stringContaining(`${directory} has files, and S3_BUCKET=b is where`)])
  expect(await doubted(null)).toEqual([])
  expect(logger.lines.map(({ event, fields }) => [event, fields.directory])).toEqual([['objects.left-in-data-dir', directory]])
})

async function* bytes(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('a file')
}
