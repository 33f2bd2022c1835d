// Guarantee: output that nobody reads ends no work and fails no verb; what cannot be written is said in a sentence, and no success.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { createFileWriter, describeLoss, stdoutIsNoResult, watchOutput } from '../../src/cli/lost-output.ts'
import { endsWithItsOutput, runOn } from '../contracts/lost-output.ts'
import { launchVerb } from '../ground/cli/verb.ts'
import { alwaysAnswer, openLoopbackServer } from '../ground/loopback-server.ts'

const streams = [process.stdout, process.stderr].map(stream => ({ stream, before: stream.listeners('error') }))
afterEach(() => {
  for (const { stream, before } of streams)
    for (const listener of stream.listeners('error'))
      if (!before.includes(listener)) stream.off('error', listener as (...args: unknown[]) => void)
})

const failure = (code: string) => Object.assign(new Error(`write ${code}`), { code })

test.each(['EIO', 'EPIPE'])('[H6] %s is told to whoever wants to stop then', code => {
  const gone = watchOutput()
  expect(gone.aborted).toBe(false)
  process.stderr.emit('error', failure(code))
  expect(gone.aborted).toBe(true)
})

test('[H6] what is said of one output is not said of another', () => {
  const { exitCode } = process
  const before = process.listeners('exit')
  onTestFinished(() => {
    process.exitCode = exitCode
    for (const one of process.listeners('exit')) if (!before.includes(one)) process.off('exit', one)
  })
  const others = new AbortController()
  others.abort(failure('ENOSPC'))
  expect(describeLoss(others.signal)).toBe('writing to stdout: write ENOSPC')
  stdoutIsNoResult(others.signal)
  const gone = watchOutput()
  process.stdout.emit('error', failure('EIO'))
  expect([gone.aborted, process.listeners('exit')]).toEqual([true, before])
  const full = watchOutput()
  process.stdout.emit('error', failure('ENOSPC'))
  const atExit = process.listeners('exit').filter(one => !before.includes(one))
  stdoutIsNoResult(gone)
  process.exitCode = exitCodes.done
  for (const one of atExit) one(exitCodes.done)
  expect([full.aborted, atExit.length, process.exitCode]).toEqual([true, 1, exitCodes.failed])
})

test.each([
  ['an answer', ['webhooks', 'list']],
  ['an answer in JSON', ['instances', 'list', '--json']],
  ['the version', ['version']],
])('[H6] %s that a full disk does not take is said, and no success', async (_, args) => {
  const { url } = await openLoopbackServer(alwaysAnswer(200, JSON.stringify({ data: [], nextCursor: null })))
  const { code, err } = await runOn('/dev/full', args, { ZAPLOG_URL: url, ADMIN_API_KEY: 'a-key-of-the-test' })
  expect(code).toBe(exitCodes.failed)
  const said = args.includes('--json') ? JSON.parse(err).detail : err.trimEnd()
  expect(said).toMatch(/^writing to stdout: ENOSPC: no space left on device.*; what is written there is incomplete$/)
})

test('[H6] a wait for a phone ends in a sentence when its output is full', async () => {
  const { url } = await openLoopbackServer(alwaysAnswer(200, JSON.stringify({ qr: 'a,b,c', expiresAt: 'soon' })))
  const env = { ZAPLOG_URL: url, ADMIN_API_KEY: 'a-key-of-the-test' }
  const { code, err } = await runOn('/dev/full', ['instances', 'qr', 'shop'], env)
  expect(code).toBe(exitCodes.failed)
  expect(err).toMatch(/^writing to stdout: ENOSPC.*: stopped waiting, shop is kept/m)
})

const ports = ['--port', '0', '--cdn-port', '0', '--control-port', '0']

/** One that runs until it is told to stop; others are in lost-output.real.test.ts, start in start-terminal.real.test.ts. */
describe('simulate', () =>
  endsWithItsOutput({ args: ['simulate', ...ports], last: 'the simulator has ended', whenGone: exitCodes.done }))

test('[H6] [H7] with --json the last line says the loss as a problem all the same', async () => {
  const { code, err } = await runOn('/dev/full', ['simulate', ...ports, '--json'], {})
  expect(code).toBe(exitCodes.failed)
  expect(JSON.parse(err.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ type: 'urn:zaplog:problem:output-failed' })
})

test('[H6] log lines that a full disk does not take are counted, and told once there is room', () => {
  const place = mkdtempSync(join(tmpdir(), 'zaplog-log-'))
  onTestFinished(() => rmSync(place, { recursive: true }))
  const [full, roomy] = [openSync('/dev/full', 'w'), openSync(join(place, 'log'), 'w')]
  let fd = full
  const write = createFileWriter(() => fd)
  write('one\n')
  write('two\n')
  fd = roomy
  write('three\n')
  write('four\n')
  for (const one of [full, roomy]) closeSync(one)
  const [missed, ...lines] = readFileSync(join(place, 'log'), 'utf8').trimEnd().split('\n')
  expect(JSON.parse(missed ?? '')).toMatchObject({ event: 'log.lines-missed', lines: 2, level: 40 })
  expect(lines).toEqual(['three', 'four'])
})

test('[H6] a verb whose reader has gone, as head goes after its lines, ends like one that was read', async () => {
  const { url } = await openLoopbackServer(alwaysAnswer(200, JSON.stringify({ data: [], nextCursor: null })))
  const verb = launchVerb(['webhooks', 'list'], { ZAPLOG_URL: url, ADMIN_API_KEY: 'a-key-of-the-test' })
  verb.loseOutput()
  expect(await verb.ended).toBe(0)
})
