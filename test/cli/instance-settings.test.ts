// Guarantee: a setting of an instance can be given when it is made, and changed later, from the command line; what is no setting is refused there.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { alwaysJson, KEY } from '../ground/cli/refused.ts'
import { runVerb } from '../ground/cli/run-verb.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'

const shop = { id: 'shop', name: 'Shop', state: 'created', reasonText: null, stateAt: '2026', phone: null }

/** A zaplog that takes everything, and what it was told. */
async function openZaplog() {
  const told: unknown[] = []
  const { url } = await openLoopbackServer(async (request: IncomingMessage, response: ServerResponse) => {
    told.push([request.method, request.url, await json(request)])
    alwaysJson(200, { ...shop, settings: { historySync: true } })(request, response)
  })
  return { told, env: { ZAPLOG_URL: url, ADMIN_API_KEY: KEY } }
}

test('[B4] create gives the settings that it was given, and none where it was not', async () => {
  const { told, env } = await openZaplog()
  const given = ['--setting', 'historySync=true', 'ignoreGroups=false', '--setting', 'markOnline=default', '--no-qr']
  expect(await runVerb(['instances', 'create', '--name', 'Shop', ...given], env)).toMatchObject({ code: 0, out: 'shop\n' })
  expect(await runVerb(['instances', 'create', '--name', 'Shop', '--no-qr'], env)).toMatchObject({ code: 0 })
  expect(told).toEqual([
    ['POST', '/v1/instances', { name: 'Shop', settings: { historySync: true, ignoreGroups: false } }],
    ['POST', '/v1/instances', { name: 'Shop' }],
  ])
})

test('[B4] set changes what it names, takes back what is default, and says what holds now', async () => {
  const { told, env } = await openZaplog()
  const verb = ['instances', 'set', 'shop', 'historySync=true', 'markOnline=default']
  expect(await runVerb(verb, env)).toEqual({ code: 0, out: 'shop has {"historySync":true}\n', err: '' })
  expect(told).toEqual([['PATCH', '/v1/instances/shop', { settings: { historySync: true, markOnline: null } }]])
})

test.each(['historySync', 'historySync=yes', '=true', 'historySync=true,markOnline=true'])(
  '[H7] %s is no setting, and is answered with one',
  async given => {
    for (const verb of [
      ['instances', 'set', 'shop', given],
      ['instances', 'create', '--name', 'Shop', '--setting', given],
    ]) {
      const { code, err } = await runVerb(verb, {})
      expect(code).toBe(exitCodes.usage)
      expect(err).toContain('Expected a setting such as historySync=true')
    }
  },
)
