// One process holds a data directory, whatever became of the one before; its secrets stay secret.
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openDataDir } from '../../src/runtime/data-dir.ts'
import { lockDirectory } from '../../src/runtime/directory-lock.ts'
import { openInChild } from '../ground/database/child.ts'
import { openTempDir } from '../ground/database/temp-dir.ts'
import { collectLogLines } from '../ground/log-lines.ts'

test('[H4] a second process on the same directory is refused with the id of the first', async () => {
  const path = join(await openTempDir(), 'data')
  const first = await openInChild('data-dir', path)
  expect(first.line).toBe(path)
  await expect(open(path)).rejects.toMatchObject({
    code: 'in-use',
    message: expect.stringContaining(`process ${first.pid} has it open`),
  })
})

test('[H4] after kill -9 of the first the next takes over, and says from whom', async () => {
  const path = join(await openTempDir(), 'data')
  const first = await openInChild('data-dir', path)
  await first.kill()
  const { logger } = await open(path)
  expect(logger.lines).toContainEqual({ level: 'warn', event: 'data-dir.taken-over', fields: { path, fromPid: first.pid } })
})

test('[H4] a process that got the number of a dead one does not pass for it', async () => {
  const path = await openTempDir()
  await writeFile(join(path, 'lock-4'), `{"pid":${process.ppid},"identity":"an earlier boot 123"}`)
  const { logger } = await open(path)
  expect(logger.lines.map(line => line.event)).toEqual(['data-dir.taken-over'])
})

test('[H4] of many that take over at once exactly one succeeds', async () => {
  const path = await openTempDir()
  await writeFile(join(path, 'lock-4'), '{"pid":4194305,"identity":"dead"}')
  const locks = await Promise.all(Array.from({ length: 50 }, () => lockDirectory(path)))
  expect(locks.filter(lock => lock.held)).toHaveLength(1)
  expect(locks.find(lock => !lock.held)).toEqual({ held: false, byPid: process.pid })
})

test('[H4] a closed directory opens again, in silence', async () => {
  const path = await openTempDir()
  const { dataDir } = await open(path)
  await dataDir.close()
  await dataDir.close()
  const { logger } = await open(path)
  expect(logger.lines).toEqual([])
})

test('[I2] a secret is made once and readable by its owner only', async () => {
  const path = join(await openTempDir(), 'data')
  const { dataDir, logger } = await open(path)
  expect(await dataDir.readOrCreateSecret('admin-key', () => 'first')).toEqual({ value: 'first', created: true })
  expect(await dataDir.readOrCreateSecret('admin-key', () => 'second')).toEqual({ value: 'first', created: false })
  expect((await stat(dataDir.file('admin-key'))).mode & 0o777).toBe(0o600)
  await chmod(dataDir.file('admin-key'), 0o644)
  await dataDir.readOrCreateSecret('admin-key', () => 'third')
  expect((await stat(dataDir.file('admin-key'))).mode & 0o777).toBe(0o600)
  expect(logger.lines.map(line => line.event)).toEqual(['data-dir.secret-was-open'])
  expect(await readFile(dataDir.file('admin-key'), 'utf8')).toBe('first\n')
})

test('[I2] an emptied secret is not replaced by another', async () => {
  const { dataDir } = await open(await openTempDir())
  await writeFile(dataDir.file('admin-key'), '')
  await expect(dataDir.readOrCreateSecret('admin-key', () => 'other')).rejects.toMatchObject({ code: 'damaged' })
})

test('[H8] a file in the way is named', async () => {
  const path = join(await openTempDir(), 'file')
  await writeFile(path, '')
  await expect(open(path)).rejects.toMatchObject({ code: 'misconfigured', message: expect.stringContaining(path) })
})

test.runIf(existsSync('/proc/self'))('[H8] a place that takes no directory is named', async () => {
  await expect(open('/proc/none/data')).rejects.toMatchObject({
    code: 'misconfigured',
    message: expect.stringContaining('/proc/none/data'),
  })
})

test('[H8] its parents are made, too', async () => {
  const path = join(await openTempDir(), 'a', 'b', 'data')
  const { dataDir } = await open(path)
  expect((await stat(path)).isDirectory()).toBe(true)
  await dataDir.close()
})

test('[I2] a directory that everybody can write to is told, with its mode: keys there are whoever’s put them there', async () => {
  const path = join(await openTempDir(), 'data')
  await mkdir(path)
  await chmod(path, 0o777)
  const { logger } = await open(path)
  expect(logger.lines).toEqual([
    { level: 'warn', event: 'data-dir.open-to-others', fields: expect.objectContaining({ path, mode: '777' }) },
  ])
})

test.runIf(process.getuid?.() === 0)('[H8] a directory without permission is refused with its path', async () => {
  const path = join(await openTempDir(), 'data')
  const child = await openInChild('data-dir', path, 65_534)
  expect(child.line).toBe('')
  expect(child.stderr()).toContain(`opening DATA_DIR ${path}: give this user the directory, or choose another DATA_DIR (denied)`)
})

async function open(path: string) {
  const logger = collectLogLines()
  const dataDir = await openDataDir({ logger }, path)
  onTestFinished(() => dataDir.close())
  return { dataDir, logger }
}
