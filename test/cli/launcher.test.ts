// Guarantee: one command runs zaplog, from any directory, through links and through npx, and says what it lacks; what npm takes for itself
// is noticed.
import { execFile } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { version } from '../../src/cli/version.ts'
import { shellsAreHere } from '../ground/cli/pasted.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const launcher = join(repository, 'zaplog')

function makePlace(): string {
  const path = mkdtempSync(join(tmpdir(), 'zaplog-launcher-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

/** Where other tests run through npm, its settings of that run are not ours. */
const env = (more: Readonly<Record<string, string>> = {}) => ({
  PATH: process.env.PATH ?? '',
  HOME: process.env.HOME ?? '',
  ...more,
})

const run = (file: string, args: readonly string[], { cwd, ...more }: { cwd: string } & Record<string, string>) =>
  new Promise<{ code: number; out: string; err: string }>(resolve => {
    execFile(file, [...args], { cwd, env: env(more) }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    )
  })

test('[H7] it runs from any directory, through a link to a link, and found in PATH', async () => {
  const place = makePlace()
  mkdirSync(join(place, 'bin'))
  symlinkSync(launcher, join(place, 'bin', 'first'))
  symlinkSync('first', join(place, 'bin', 'zaplog-linked')) // a relative one
  const answer = { code: 0, out: `${version}\n`, err: '' }
  expect(await run(launcher, ['version'], { cwd: place })).toEqual(answer)
  expect(await run(join(place, 'bin', 'zaplog-linked'), ['version'], { cwd: place })).toEqual(answer)
  const PATH = `${join(place, 'bin')}:${process.env.PATH}`
  expect(await run('zaplog-linked', ['version'], { cwd: place, PATH })).toEqual(answer)
  expect(await run('sh', ['zaplog', 'version'], { cwd: repository })).toEqual(answer)
})

test('[H7] its hints are commands that work from where it was called', async () => {
  const place = makePlace()
  const hintOf = async (cwd: string) =>
    /^(.+) --help says/m.exec((await run(launcher, ['instances', 'lst'], { cwd })).err)?.[1] ?? ''
  for (const cwd of [repository, join(repository, 'docs'), place]) {
    const { code, out } = await run('sh', ['-c', `${await hintOf(cwd)} --help`], { cwd })
    expect({ cwd, code, out }).toEqual({ cwd, code: 0, out: expect.stringContaining('Usage: zaplog instances') })
  }
})

test('[H7] before npm ci, and without a Node, it says in one line what to do', async () => {
  const place = makePlace()
  copyFileSync(launcher, join(place, 'zaplog'))
  chmodSync(join(place, 'zaplog'), 0o755)
  const before = await run(join(place, 'zaplog'), ['start'], { cwd: place })
  expect(before).toEqual({
    code: exitCodes.configuration,
    out: '',
    err: expect.stringMatching(/^zaplog has [^\n]*npm ci[^\n]*\n$/),
  })
  mkdirSync(join(place, 'node_modules'))
  const tools = join(place, 'tools')
  mkdirSync(tools)
  symlinkSync('/bin/sh', join(tools, 'sh'))
  const without = await run(join(place, 'zaplog'), ['start'], { cwd: place, PATH: tools })
  expect(without).toEqual({
    code: exitCodes.configuration,
    out: '',
    err: expect.stringMatching(/^zaplog needs Node 24[^\n]*\n$/),
  })
})

test('[H7] [H8] an --env-file is ours to read, and not Node’s', async () => {
  const place = makePlace()
  const { code, err } = await run(launcher, ['start', '--env-file', 'nowhere.env'], { cwd: place })
  expect({ code, err }).toEqual({
    code: exitCodes.configuration,
    err: '--env-file: expected a readable file, got nowhere.env (ENOENT)\n',
  })
})

test.runIf(shellsAreHere)('[H7] npx --no runs it in the checkout, and fetches nothing', async () => {
  const more = { npm_config_cache: makePlace(), npm_config_offline: 'true' }
  expect(await run('npx', ['--no', 'zaplog', 'version'], { cwd: repository, ...more })).toMatchObject({
    code: 0,
    out: `${version}\n`,
  })
  const json = await run('npx', ['--no', 'zaplog', 'version', '--json'], { cwd: join(repository, 'docs'), ...more })
  expect(json).toMatchObject({ code: 0, out: `${JSON.stringify({ version })}\n` })
})

test.runIf(shellsAreHere)('[H7] options that npm took are named, with lines that do what was meant', async () => {
  const taken = async (...args: string[]) => (await run('npm', ['run', '--silent', ...args], { cwd: repository })).err
  expect(await taken('zaplog', 'instances', 'create', '--name', 'Ana’s shop', '--no-qr')).toBe(
    [
      'npm took --name and --no-qr for itself: zaplog instances create never saw it. Say it without npm:',
      "  ./zaplog instances create --name 'Ana’s shop' --no-qr",
      'or behind a --:',
      "  npm run zaplog -- instances create --name 'Ana’s shop' --no-qr\n",
    ].join('\n'),
  )
  expect(await taken('demo', '--once')).toContain('\n  ./zaplog demo --once\nor behind a --:\n  npm run demo -- --once\n')
  const place = makePlace()
  writeFileSync(join(place, 'x.env'), '')
  expect(await taken('start', `--env-file=${join(place, 'x.env')}`)).toContain(`\n  ./zaplog start --env-file ${place}/x.env\n`)
})

test.runIf(shellsAreHere)('[H7] behind a -- npm takes nothing, and nothing is said', async () => {
  const { code, out, err } = await run('npm', ['run', '--silent', 'zaplog', '--', 'version', '--json'], { cwd: repository })
  expect({ code, out, err }).toEqual({ code: 0, out: `${JSON.stringify({ version })}\n`, err: '' })
})
