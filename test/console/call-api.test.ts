// A call from the page: whatever comes back is a value, and the key is in a header alone.
import { expect, test } from 'vitest'
import { callApi } from '../../console/src/call-api.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'

const never = new AbortController().signal

type Answered = { status: number; headers?: Record<string, string>; body: string }
async function callOf({ status, headers = {}, body }: Answered, method: 'GET' | 'POST' = 'GET') {
  const seen: { url: string | undefined; headers: NodeJS.Dict<string | string[]> }[] = []
  const server = await openLoopbackServer((request, response) => {
    seen.push({ url: request.url, headers: request.headers })
    response.writeHead(status, headers).end(body)
  })
  const call = { method, path: `${server.url}/v1/x`, ...(method === 'POST' && { body: { name: 'x' } }) }
  return { outcome: await callApi({ fetch, key: 'the-key' }, call, never), seen }
}

test('[I1] [I2] the key is in the header, never in the address', async () => {
  const { outcome, seen } = await callOf({ status: 200, body: '{"a":1}' })
  expect(outcome).toEqual({ kind: 'answer', body: { a: 1 } })
  expect(seen).toMatchObject([{ url: '/v1/x', headers: { authorization: 'Bearer the-key', accept: 'application/json' } }])
})

test('[J2] what is no JSON is read as text where that is asked for, and its refusal is read all the same', async () => {
  const bodies = ['# HELP up', '{"type":"urn:zaplog:problem:busy","detail":"later"}'] as const
  const { url } = await openLoopbackServer(({ url }, response) =>
    url === '/metrics' ? response.end(bodies[0]) : response.writeHead(503).end(bodies[1]),
  )
  const read = (path: string) => callApi({ fetch, key: 'the-key' }, { path: `${url}${path}`, as: 'text' }, never)
  expect(await read('/metrics')).toEqual({ kind: 'answer', body: bodies[0] })
  expect(await read('/busy')).toMatchObject({ kind: 'refused', status: 503, slug: 'busy', detail: 'later' })
})

test('[J2] a refusal says what was expected of which field', async () => {
  const problem = { type: 'urn:zaplog:problem:invalid-input', detail: 'no', errors: [{ pointer: '/name', expected: 'a name' }] }
  const { outcome } = await callOf({ status: 422, body: JSON.stringify(problem) }, 'POST')
  expect(outcome).toEqual({
    kind: 'refused',
    status: 422,
    slug: 'invalid-input',
    detail: '/name: a name',
    retryAfterSeconds: null,
  })
})

test.each([
  ['3', 3],
  ['0', 1],
  ['86400', 60],
  ['Wed, 21 Oct 2026 07:28:00 GMT', null],
])('[J2] Retry-After %s is %o s: never at once, never longer than somebody waits', async (given, seconds) => {
  const { outcome } = await callOf({ status: 503, headers: { 'retry-after': given }, body: '{"detail":"busy"}' })
  expect(outcome).toMatchObject({ kind: 'refused', status: 503, detail: 'busy', retryAfterSeconds: seconds })
})

test('[J2] no connection, and an answer that is not zaplog’s, is zaplog being away', async () => {
  const { outcome } = await callOf({ status: 502, body: '<html>bad gateway</html>' })
  expect(outcome).toEqual({ kind: 'away' })
  const cutting = await openLoopbackServer(request => void request.socket.destroy())
  expect(await callApi({ fetch, key: null }, { path: cutting.url }, never)).toEqual({ kind: 'away' })
})
