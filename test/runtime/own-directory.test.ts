// Compiled code is kept only where nobody else can write, all the way down; else nowhere.
import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript, with its types beside it
import { compiledCodeDirectory, whoElseWrites } from '../../bin/own-directory.mjs'
import { openTempDir } from '../ground/database/temp-dir.ts'

const program = fileURLToPath(new URL('../../bin/run.mjs', import.meta.url))
const cache = fileURLToPath(new URL('../../.cache', import.meta.url))
const uid = process.getuid?.() ?? -1
const isOurs = uid >= 0 && whoElseWrites(dirname(cache), [0, uid]) === null

let ours: string
beforeEach(async () => {
  // The repository’s own place: temporary directories lie below one that everybody writes to.
  await mkdir(cache, { recursive: true })
  ours = await mkdtemp(join(cache, 'own-directory-'))
  onTestFinished(() => rm(ours, { recursive: true, force: true }))
})

test.runIf(isOurs)('[I2] a start keeps its compiled code in a directory of its own, closed to others', async () => {
  await start({ XDG_CACHE_HOME: ours })
  const kept = join(ours, 'zaplog', 'compiled')
  expect((await stat(kept)).mode & 0o777).toBe(0o700)
  expect((await readdir(kept)).length).toBeGreaterThan(0)
})

test('[I2] a cache below a directory that others can write to is neither made nor used, and the start goes on', async () => {
  const open = join(ours, 'open')
  await mkdir(join(open, 'zaplog', 'compiled'), { recursive: true, mode: 0o700 })
  await chmod(open, 0o1777)
  const temporary = await openTempDir()
  for (const place of [open, temporary])
    expect(await start({ XDG_CACHE_HOME: place, TMPDIR: temporary })).toMatch(/^\d+\.\d+\.\d+/)
  expect(await readdir(join(open, 'zaplog', 'compiled'))).toEqual([])
  expect(await readdir(temporary)).toEqual([])
})

test('[I2] a link, or a directory that others can write to, in the place of the cache is not used', async () => {
  await mkdir(join(ours, 'linked', 'elsewhere'), { recursive: true, mode: 0o700 })
  await symlink('elsewhere', join(ours, 'linked', 'zaplog'))
  expect(compiledCodeDirectory({ XDG_CACHE_HOME: join(ours, 'linked') })).toBeNull()
  await mkdir(join(ours, 'written', 'zaplog', 'compiled'), { recursive: true })
  await chmod(join(ours, 'written', 'zaplog', 'compiled'), 0o770)
  expect(compiledCodeDirectory({ XDG_CACHE_HOME: join(ours, 'written') })).toBeNull()
})

test.runIf(isOurs && uid === 0)('[I2] a cache that somebody else made first is not used', async () => {
  const theirs = join(ours, 'zaplog')
  await mkdir(join(theirs, 'compiled'), { recursive: true, mode: 0o700 })
  await promisify(execFile)('chown', ['-R', 'nobody', theirs])
  expect(compiledCodeDirectory({ XDG_CACHE_HOME: ours })).toBeNull()
  expect(whoElseWrites(join(theirs, 'compiled'), [0])).toMatch(/zaplog belongs to user \d+$/)
})

async function start(env: Record<string, string>): Promise<string> {
  const settings = { PATH: process.env.PATH ?? '', ...env }
  const { stdout } = await promisify(execFile)(process.execPath, [program, 'src/cli/zaplog.ts', '--version'], {
    env: settings,
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  })
  return stdout
}
