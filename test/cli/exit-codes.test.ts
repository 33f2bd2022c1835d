// What a process of zaplog ends with, in the numbers that the contract has: scripts and supervisors compare with those (Environment).
import type { RequestListener } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../infra/services/server-process.ts'
import { alwaysJson, alwaysProblem, KEY } from '../ground/cli/refused.ts'
import { runVerb } from '../ground/cli/run-verb.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'
import { makeDataDir } from '../ground/scenarios/zaplog-process.ts'

const list = ['instances', 'list']
const at = async (answer: RequestListener) => (await openLoopbackServer(answer)).url
const endOf = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  (await runVerb(args, { ADMIN_API_KEY: KEY, ...env })).code

/** With these a start waits for its Postgres and makes nothing. */
function sound() {
  const dataDir = makeDataDir()
  onTestFinished(dataDir.remove)
  return {
    DATA_DIR: dataDir.path,
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
    PORT: '0',
    DATABASE_POOL_SIZE: '8',
  }
}

test('[H7] [L] what is done ends with 0, what zaplog refuses with 1, a mistake in the words with 2', async () => {
  expect(await endOf(list, { ZAPLOG_URL: await at(alwaysJson(200, { data: [], nextCursor: null })) })).toBe(0)
  expect(await endOf(['instances', 'show', 'nobody'], { ZAPLOG_URL: await at(alwaysProblem(404, 'instance-not-found')) })).toBe(1)
  expect(await endOf(['instnces', 'list'])).toBe(2)
})

test('[H7] [L] 75 is for what may be there the next time, 78 for an address that never works and for settings', async () => {
  expect(await endOf(list, { ZAPLOG_URL: `http://127.0.0.1:${await freePort()}` })).toBe(75)
  expect(await endOf(list, { ZAPLOG_URL: await at(alwaysProblem(503, 'unavailable')) })).toBe(75)
  expect(await endOf(list, { ZAPLOG_URL: `http://${'x'.repeat(64)}.invalid:7070` })).toBe(78)
  expect(await endOf(list, { ZAPLOG_URL: 'no address' })).toBe(78)
  expect(await endOf(['start'], { ...sound(), PORT: 'abc' })).toBe(78)
  expect(await endOf(['start'], { ...sound(), DATABASE_POOL_SIZE: '7' })).toBe(78) // one less than the kinds of work need
})
