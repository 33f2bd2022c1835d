// Guarantee: who types something a little wrong, or comes a little early, is told what to do, and not what went wrong inside.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { explainField } from '../../src/cli/explain-field.ts'
import { lockDirectory } from '../../src/runtime/directory-lock.ts'
import { alwaysJson, alwaysProblem, KEY } from '../ground/cli/refused.ts'
import { runVerb } from '../ground/cli/run-verb.ts'
import { openTempDir } from '../ground/database/temp-dir.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'
import { freePortBase } from '../ground/services/services-process.ts'

const types = ['message.received', 'message.sent', 'message.edited', 'poll.voted', 'chat.updated', 'chat.deleted', 'a', 'b', 'c']

test('[H7] a slip in a word of a list is met with the word that was meant, and not with the whole list', () => {
  const name = '--type'
  const expected = `* or a pattern such as message.* or one of ${types.join(', ')}`
  expect(explainField({ name, expected, received: '"mesage.recieved"' })).toBe(
    '--type: expected * or a pattern such as message.* or one of message.received, message.sent, message.edited and 6 others, got "mesage.recieved"; did you mean message.received?',
  )
  expect(explainField({ name: '--kind', expected: 'one of image, video', received: '"vidio"' })).toBe(
    '--kind: expected one of image, video, got "vidio"; did you mean video?',
  )
})

test('[H7] what is like nothing is met with all there is', () => {
  const expected = `one of ${types.join(', ')}`
  expect(explainField({ name: '--type', expected, received: '"weather"' })).toBe(`--type: expected ${expected}, got "weather"`)
  expect(explainField({ name: '--rate', expected: 'a number from 1', received: '0' })).toBe(
    '--rate: expected a number from 1, got 0',
  )
})

test('[H7] an event type that is wrong is told by the option that was typed', async () => {
  const errors = [{ parameter: 'types.0', expected: 'one of message.received, message.sent', received: 'mesage.received' }]
  const { url } = await openLoopbackServer(alwaysProblem(422, 'invalid-input', { errors }))
  const { code, err } = await runVerb(['events', 'tail', '--type', 'mesage.received'], { ZAPLOG_URL: url, ADMIN_API_KEY: KEY })
  expect({ code, err }).toEqual({
    code: exitCodes.failed,
    err: 'following events: --type: expected one of message.received, message.sent, got mesage.received; did you mean message.received?\n',
  })
})

test('[H7] a verb that comes while zaplog starts is told so, with what it waits for', async () => {
  const checks = [{ name: 'postgres', state: 'degraded', detail: 'waited for, 3 s so far' }]
  const { url } = await openLoopbackServer((request, response) =>
    (request.url === '/health/ready' ? alwaysJson(503, { status: 'starting', checks }) : alwaysProblem(503, 'not-serving'))(
      request,
      response,
    ),
  )
  const { code, err } = await runVerb(['instances', 'list'], { ZAPLOG_URL: url, ADMIN_API_KEY: KEY })
  expect({ code, err }).toEqual({
    code: exitCodes.tryLater,
    err: `zaplog at ${url} is still starting; postgres: waited for, 3 s so far; try again in a moment\n`,
  })
})

test('[H7] before it has a key or listens, whoever has its directory open is starting', async () => {
  const directory = join(await openTempDir(), 'data')
  await mkdir(directory)
  const lock = await lockDirectory(directory)
  if (!lock.held) throw new Error('it is ours alone')
  const port = String(await freePortBase())
  const list = (env: Record<string, string>) => runVerb(['instances', 'list'], { DATA_DIR: directory, PORT: port, ...env })
  const early = { code: exitCodes.tryLater, err: expect.stringContaining(`(process ${process.pid}): it is still starting`) }
  expect(await list({})).toMatchObject(early)
  await writeFile(join(directory, 'admin-key'), KEY)
  expect(await list({}), 'it has a key and does not listen').toMatchObject(early)
  await lock.release()
  expect((await list({})).err).toContain('start runs it')
  await rm(join(directory, 'admin-key'))
  expect(await list({})).toMatchObject({ code: exitCodes.configuration, err: expect.stringContaining('expected a key') })
})
