// Guarantee: webhooks list shows every page, wherever zaplog is mounted, and webhooks add prints what a person copies.
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { alwaysJson, KEY } from '../ground/cli/refused.ts'
import { runVerb } from '../ground/cli/run-verb.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'

test('[L] a zaplog behind a path is called below it, with every page of a list', async () => {
  const endpoint = (id: string) => ({ id, url: `https://example.com/${id}`, enabled: true })
  const seen: string[] = []
  const { url } = await openLoopbackServer((request, response) => {
    seen.push(`${request.headers.authorization} ${request.url}`)
    const page =
      seen.length === 1 ? { data: [endpoint('one')], nextCursor: 'a b' } : { data: [endpoint('two')], nextCursor: null }
    alwaysJson(200, page)(request, response)
  })
  const { code, out } = await runVerb(['webhooks', 'list', '--json'], { ZAPLOG_URL: `${url}/zaplog/`, ADMIN_API_KEY: KEY })
  expect({ code, out: JSON.parse(out) }).toEqual({ code: 0, out: [endpoint('one'), endpoint('two')] })
  expect(seen).toEqual([
    `Bearer ${KEY} /zaplog/v1/endpoints?limit=200`,
    `Bearer ${KEY} /zaplog/v1/endpoints?limit=200&cursor=a%20b`,
  ])
})

test('[L] what webhooks add prints can be copied line by line, and --json is the whole answer', async () => {
  const endpoint = { id: 'one', url: 'https://example.com/hook', enabled: true, secret: 'whsec_c2VjcmV0', createdAt: '2026' }
  const { url } = await openLoopbackServer(alwaysJson(201, endpoint))
  const env = { ZAPLOG_URL: url, ADMIN_API_KEY: KEY }
  const add = ['webhooks', 'add', endpoint.url]
  expect(await runVerb(add, env)).toEqual({
    code: 0,
    out: 'id      one\nurl     https://example.com/hook\nsecret  whsec_c2VjcmV0\n',
    err: 'The secret is shown this once; receivers verify signatures with it (Standard Webhooks).\n',
  })
  expect(JSON.parse((await runVerb([...add, '--json'], env)).out)).toEqual(endpoint)
})

test('[L] [E5] why an endpoint is disabled is listed, and it is enabled again from here', async () => {
  const gone = { id: 'one', url: 'https://example.com/hook', enabled: false, disabledReason: 'the receiver answered 410 Gone' }
  const asked: string[] = []
  const { url } = await openLoopbackServer(async (request, response) => {
    if (request.method === 'GET') return alwaysJson(200, { data: [gone], nextCursor: null })(request, response)
    asked.push(`${request.method} ${request.url} ${await text(request)}`)
    alwaysJson(200, { ...gone, enabled: true })(request, response)
  })
  const env = { ZAPLOG_URL: url, ADMIN_API_KEY: KEY }
  expect((await runVerb(['webhooks', 'list'], env)).out).toMatch(
    / disabled +0 +0 +default +all +the receiver answered 410 Gone\n$/,
  )
  expect(await runVerb(['webhooks', 'enable', 'one'], env)).toMatchObject({ code: 0, out: 'enabled one\n' })
  expect(await runVerb(['webhooks', 'disable', 'one'], env)).toMatchObject({ code: 0, out: 'disabled one\n' })
  expect(asked).toEqual(['PATCH /v1/endpoints/one {"enabled":true}', 'PATCH /v1/endpoints/one {"enabled":false}'])
})

test('[L] [E2] a hold that is no number of seconds is told as it came', async () => {
  const { code, err } = await runVerb(['webhooks', 'add', 'https://example.com/hook', '--hold-media', 'abc'], {})
  expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining("argument 'abc' is invalid. Expected seconds") })
})

test('[L] [E14] an endpoint that fails is listed with since when, how many deliveries wait, and why in words', async () => {
  const standing = {
    failingSince: '2026-01-05T12:00:00.000Z',
    lastError: 'posting to n8n:5678: connection refused',
    waiting: 12,
    deadLetters: 3,
  }
  const failing = { id: 'one', url: 'http://n8n:5678/hook', enabled: true, ...standing }
  const { url } = await openLoopbackServer(
    alwaysJson(200, {
      data: [failing, { ...failing, id: 'two', failingSince: undefined, lastError: undefined, waiting: 0, deadLetters: 0 }],
      nextCursor: null,
    }),
  )
  const { out } = await runVerb(['webhooks', 'list'], { ZAPLOG_URL: url, ADMIN_API_KEY: KEY })
  expect(out.replaceAll(/ +/g, ' ').trim().split('\n')).toEqual([
    'id url state waiting dead types instances why',
    'one http://n8n:5678/hook failing since 2026-01-05T12:00:00.000Z 12 3 default all posting to n8n:5678: connection refused',
    'two http://n8n:5678/hook ok 0 0 default all',
  ])
})

test('[L] what a removal drops, and an instance that there is not, are said', async () => {
  const endpoint = { id: 'one', url: 'https://example.com/hook', enabled: true, waiting: 19 }
  const { url } = await openLoopbackServer((request, response) => {
    if (request.method === 'DELETE') return void response.writeHead(204).end()
    const made = { ...endpoint, secret: 'whsec_c2VjcmV0', unknownInstanceIds: ['nope'] }
    alwaysJson(200, request.method === 'POST' ? made : endpoint)(request, response)
  })
  const env = { ZAPLOG_URL: url, ADMIN_API_KEY: KEY }
  expect(await runVerb(['webhooks', 'remove', 'one'], env)).toMatchObject({
    code: 0,
    out: 'removed one; 19 that waited for it are dropped\n',
  })
  const added = await runVerb(['webhooks', 'add', 'https://example.com/hook', '--instance', 'nope'], env)
  expect(added).toMatchObject({
    code: 0,
    err: expect.stringContaining('No instance has the id nope yet: what it does comes once there is one.\n'),
  })
})
