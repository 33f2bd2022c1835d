// Guarantee: what a verb cannot do is said to people in verbs, never in methods and paths of the API; a program gets the problem as it came.
import { expect, test } from 'vitest'
import { withVerbs } from '../../src/cli/verbs-of-calls.ts'
import { alwaysProblem, KEY, refused } from '../ground/cli/refused.ts'
import { runVerb } from '../ground/cli/run-verb.ts'
import { calls } from '../ground/cli/verbs-that-call.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'

const ofTheApi = /\b(GET|HEAD|POST|PUT|PATCH|DELETE)\b|\/v1\//
/** Without `status`: what answers it with a problem instead of its health is taken for somebody else, and quoted. */
const verbs = Object.entries(calls)
  .filter(([path]) => path !== 'status')
  .map(([path, args]) => [path, [...path.split(' '), ...args]] as const)

test.each(verbs)('[H7] %s says the verb to use instead, and --json keeps the problem', async (_, args) => {
  const detail = 'instance shop is closed: POST /v1/instances/shop/restart asks for a new code; PATCH /v1/nothing does more'
  const { url } = await openLoopbackServer(alwaysProblem(409, 'conflict', { detail }))
  const { said } = await refused(args, { ZAPLOG_URL: url })
  expect(said).not.toMatch(ofTheApi)
  expect(said).toContain(
    `shop is closed: ZAPLOG_URL=${url} ./zaplog instances restart shop asks for a new code; a call of the API`,
  )
  const { err } = await runVerb([...args, '--json'], { ZAPLOG_URL: url, ADMIN_API_KEY: KEY })
  expect(JSON.parse(err.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
    detail,
    status: 409,
    call: { method: expect.any(String) },
  })
})

test.each([
  ['not-found', 404, 'there is no POST /v1/endpoints/one/test'],
  ['method-not-allowed', 405, '/v1/endpoints/one/test takes GET, not POST'],
  ['not-in-this-version', 501, 'POST /v1/endpoints/one/test comes with a later version; GET /v1/endpoints has less'],
])('[H7] a zaplog that has no such call is said to be of another version: %s', async (slug, status, detail) => {
  const { url } = await openLoopbackServer(alwaysProblem(status, slug, { detail }))
  expect((await refused(['webhooks', 'test', 'one'], { ZAPLOG_URL: url })).said).toBe(
    `testing endpoint one: zaplog at ${url} is of a version without it`,
  )
})

test.each([
  ['GET /v1/instances/{id}/qr has a code', './zaplog instances qr <id> has a code'],
  ['see DELETE /v1/instances/shop.', 'see ./zaplog instances delete shop.'],
  ['GET /v1/instances/shop/qr?wait=30, POST /v1/endpoints', './zaplog instances qr shop, ./zaplog webhooks add'],
  ['POST /v1/instances/a%20b/logout', "./zaplog instances logout 'a b'"],
  ['POST /v1/instances/%zz/logout', './zaplog instances logout %zz'],
  ['GET /v1/instances/shop/messages/1 has it', './zaplog messages show 1 --instance shop has it'],
  ['GET /v1/instances/{id}/messages/{eventId} has it', './zaplog messages show <eventId> --instance <id> has it'],
  ['POST /v1/instances/shop/groups makes one', './zaplog groups create <subject> <person> --instance shop makes one'],
  ['PATCH /v1/instances/shop/chats/1 does it', 'a call of the API does it'],
  ['GET /v1/deliveries/1 has it', 'a call of the API has it'],
  ['GET /health/ready says how it is', './zaplog status says how it is'],
  ['they GET it and PUT it / by hand', 'they GET it and PUT it / by hand'],
])('[H7] %s is %s', (said, forPeople) => {
  expect(withVerbs(said, './zaplog')).toBe(forPeople)
})
