// Guarantee: status says at a glance whether zaplog works and what keeps it from working, and ends with what a script needs to know.
import type { RequestListener } from 'node:http'
import { expect, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { alwaysJson, alwaysProblem, KEY } from '../ground/cli/refused.ts'
import { runVerb } from '../ground/cli/run-verb.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'

const instance = (id: string, state: string, reasonText: string | null = null) => ({
  id,
  name: id,
  state,
  stateAt: '2026-11-21T08:00:00.000Z',
  phone: null,
  reasonText,
})

const disabled = { id: 'one', url: 'https://example.com/', enabled: false }

async function statusOf(
  health: { status: string; checks: object[] },
  instances: readonly object[] = [],
  endpoints: readonly object[] = [disabled],
  rebuilds: readonly object[] | RequestListener = [],
) {
  const answer: RequestListener = (request, response) => {
    const path = request.url ?? ''
    if (path === '/health/ready') return alwaysJson(/ok|degraded/.test(health.status) ? 200 : 503, health)(request, response)
    if (path === '/v1/version') return alwaysJson(200, { version: '9.9.9' })(request, response)
    const [, thing] = /^\/v1\/(\w+)/.exec(path) ?? []
    if (thing === 'rebuilds' && typeof rebuilds === 'function') return rebuilds(request, response)
    const data = { instances, endpoints, rebuilds }[String(thing)]
    return alwaysJson(200, { data, nextCursor: null })(request, response)
  }
  const { url } = await openLoopbackServer(answer)
  return { url, ...(await runVerb(['status'], { ZAPLOG_URL: url, ADMIN_API_KEY: KEY })) }
}

test('[H7] a zaplog that works is shown with its accounts by state, and what is degraded with the reason', async () => {
  const checks = [
    { name: 'api', state: 'ok', detail: 'fine' },
    { name: 'webhooks', state: 'degraded', detail: 'one endpoint\nfails' },
  ]
  const all = [instance('a', 'open'), instance('b', 'open'), instance('c', 'closed', 'Its phone logged it out.')]
  const { url, code, out, err } = await statusOf({ status: 'degraded', checks }, all)
  expect({ code, err }).toEqual({ code: exitCodes.done, err: '' })
  expect(out).toMatch(
    new RegExp(
      `^zaplog 9\\.9\\.9 at ${url} is degraded\n  webhooks: one endpoint\u{FFFD}fails\n\ninstances  3: 2 open, 1 closed\nendpoints  1, 0 enabled\n\nid +name`,
    ),
  )
  expect(out).toContain('Its phone logged it out.')
})

test('[H7] [E14] an endpoint that fails is counted as such, with the verb that says why', async () => {
  const failing = { ...disabled, enabled: true, failingSince: '2026-11-21T08:00:00.000Z' }
  const { url, out } = await statusOf(
    { status: 'ok', checks: [] },
    [],
    [disabled, failing, { ...failing, failingSince: undefined }],
  )
  expect(out).toContain(`\nendpoints  3, 2 enabled, 1 failing: ZAPLOG_URL=${url} ./zaplog webhooks list says why\n`)
})

test('[H7] [D3] a rebuild that waits for its swap is named with the reason, and one that goes on is not', async () => {
  const going = { id: 'rb_1', projection: 'read-model', state: 'running', swap: 'auto', wanted: null, why: null }
  const counts = { records: 9, read: 9, percent: 100, perSecond: null, secondsLeft: null, compared: null }
  const waiting = { ...going, id: 'rb_2', state: 'ready', why: '2 rows differ' }
  const { url, out } = await statusOf(
    { status: 'ok', checks: [] },
    [instance('a', 'open')],
    [disabled],
    [
      { ...going, ...counts },
      { ...waiting, ...counts },
    ],
  )
  expect(out).toContain(
    `\nrebuild rb_2 waits for its swap: 2 rows differ; ZAPLOG_URL=${url} ./zaplog rebuilds status rb_2 says more\n`,
  )
  expect(out).not.toContain('rb_1')
})

test.each([
  [404, 'not-found'],
  [501, 'not-in-this-version'],
])('[H7] a zaplog that knows of no rebuilds (%i) is shown like any other', async (status, slug) => {
  const { code, out, err } = await statusOf({ status: 'ok', checks: [] }, [], [disabled], alwaysProblem(status, slug))
  expect({ code, err }).toEqual({ code: exitCodes.done, err: '' })
  expect(out).toContain('\nendpoints  1, 0 enabled\n')
})

test('[H7] without an account it says how to make one', async () => {
  const { url, out } = await statusOf({ status: 'ok', checks: [] })
  expect(out).toContain(`instances  0; ZAPLOG_URL=${url} ./zaplog instances create --name "Support" makes one\n`)
})

test.each([
  ['starting', exitCodes.tryLater],
  ['failed', exitCodes.failed],
])('[H7] one that is %s is shown with the reason, though it answers nothing else', async (status, exitCode) => {
  const { url, code, out, err } = await statusOf({ status, checks: [{ name: 'database', state: status, detail: 'no answer' }] })
  expect({ code, out, err }).toEqual({ code: exitCode, out: `zaplog at ${url} is ${status}\n  database: no answer\n`, err: '' })
})
