// What a verb says when zaplog is not there, is somebody else, or refuses: one sentence on stderr, an exit code, never a stack or a key.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../infra/services/server-process.ts'
import { runVerb } from './run-verb.ts'

const exitCodes = { failed: 1, tryLater: 75, configuration: 78 }
const KEY = 'hunter2-hunter2-hunter2'
const list = ['instances', 'list']

/** Answers every request like this; resolves with its URL. */
async function openServer(answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>(resolve => void server.close(() => resolve())))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return `http://127.0.0.1:${address.port}`
}

const json =
  (status: number, body: unknown): RequestListener =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

const problem = (status: number, slug: string, rest: object = {}) =>
  json(status, { type: `urn:zaplog:problem:${slug}`, title: 'A title', status, detail: 'what stands against it', ...rest })

async function refused(args: readonly string[], env: Record<string, string>) {
  const { code, out, err } = await runVerb(args, { ADMIN_API_KEY: KEY, ...env })
  expect(out).toBe('')
  expect(err).not.toContain(KEY)
  expect(err).not.toMatch(/^ {4}at /m)
  return { code, said: err.trimEnd() }
}

describe('settings', () => {
  test.each(['nonsense', '127.0.0.1:7070', 'localhost:7070', 'ftp://127.0.0.1'])('[L] ZAPLOG_URL=%s is no URL', async url => {
    expect(await refused(list, { ZAPLOG_URL: url })).toEqual({
      code: exitCodes.configuration,
      said: `expected a URL such as http://127.0.0.1:7070 in ZAPLOG_URL, got "${url}"`,
    })
  })

  test('[I2] a password in ZAPLOG_URL is refused and not repeated', async () => {
    const { code, said } = await refused(list, { ZAPLOG_URL: `http://me:${KEY}@127.0.0.1:7070` })
    expect(code).toBe(exitCodes.configuration)
    expect(said).toBe('expected a URL such as http://127.0.0.1:7070 in ZAPLOG_URL, got one with a user or a password')
  })

  test('[L] without a key the two places where it could be are named', async () => {
    const { code, said } = await refused(list, { ADMIN_API_KEY: '', DATA_DIR: 'nowhere/at-all' })
    expect(code).toBe(exitCodes.configuration)
    expect(said).toMatch(
      /^expected a key in ADMIN_API_KEY, or in nowhere\/at-all\/admin-key, in the directory that DATA_DIR names, got neither: ENOENT/,
    )
  })

  test('[I2] a key that no header can carry is not repeated', async () => {
    const { code, said } = await refused(list, { ADMIN_API_KEY: `${KEY}\n` })
    expect({ code, said }).toEqual({
      code: exitCodes.configuration,
      said: 'expected a key of letters, digits and signs in ADMIN_API_KEY, got something else',
    })
  })
})

describe('answers', () => {
  test('[L] nobody there is said with the reason, and may pass', async () => {
    const port = await freePort()
    expect(await refused(list, { ZAPLOG_URL: `http://127.0.0.1:${port}` })).toEqual({
      code: exitCodes.tryLater,
      said: `calling http://127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}; is zaplog running there? ZAPLOG_URL says where it listens`,
    })
  })

  test('[L] another server is quoted instead of parsed', async () => {
    const page = `<!doctype html><title>It works</title>${'x'.repeat(100)}`
    const url = await openServer((_, response) =>
      response.writeHead(200, { 'content-type': 'text/html', server: 'nginx/1.27' }).end(page),
    )
    const { code, said } = await refused(list, { ZAPLOG_URL: url })
    expect(code).toBe(exitCodes.configuration)
    expect(said).toBe(
      `expected zaplog at ${url}, got status 200 with text/html from nginx/1.27: ${JSON.stringify(page.slice(0, 80))}…; ZAPLOG_URL says where zaplog listens`,
    )
  })

  test.each([
    ['JSON of something else', json(200, { tables: [] })],
    ['a problem of something else', json(404, { type: 'about:blank', detail: 'no such index' })],
    ['a list of something else', json(200, { data: [{ id: 5 }], nextCursor: null })],
    ['nothing', (_, response) => void response.writeHead(204).end()],
  ] satisfies [string, RequestListener][])('[L] %s is not taken for zaplog’s answer', async (_, answer) => {
    const url = await openServer(answer)
    const { code, said } = await refused(list, { ZAPLOG_URL: url })
    expect(code).toBe(exitCodes.configuration)
    expect(said).toContain(`expected zaplog at ${url}, got status `)
  })

  test('[L] a proxy whose zaplog is away may pass', async () => {
    const url = await openServer((_, response) => response.writeHead(502, { 'content-type': 'text/html' }).end('Bad Gateway'))
    const { code, said } = await refused(list, { ZAPLOG_URL: url })
    expect(code).toBe(exitCodes.tryLater)
    expect(said).toContain('got status 502 with text/html: "Bad Gateway"')
  })

  test('[I1] [I2] a wrong key is said by where it came from', async () => {
    const url = await openServer(problem(401, 'unauthorized'))
    const directory = mkdtempSync(join(tmpdir(), 'zaplog-cli-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const file = join(directory, 'admin-key')
    writeFileSync(file, `${KEY}\n`)
    const places = [
      [{ ADMIN_API_KEY: KEY }, 'ADMIN_API_KEY'],
      [{ ADMIN_API_KEY: '', DATA_DIR: directory }, file],
      [{ ADMIN_API_KEY: '', ADMIN_API_KEY_FILE: file }, file],
    ] as const
    for (const [env, from] of places)
      expect(await refused(list, { ZAPLOG_URL: url, ...env })).toEqual({
        code: exitCodes.configuration,
        said: `GET /v1/instances?limit=200 answered 401: zaplog at ${url} does not take the key from ${from}`,
      })
  })

  test('[I3] what is refused is said once, field by field', async () => {
    const one = { pointer: '/url', expected: 'https', received: '"ftp://x"' }
    const two = { pointer: '/holdMedia', expected: 'a number', received: 'null' }
    const add = ['webhooks', 'add', 'ftp://x']
    const single = await openServer(problem(422, 'invalid-input', { errors: [one] }))
    expect(await refused(add, { ZAPLOG_URL: single })).toEqual({
      code: exitCodes.failed,
      said: 'POST /v1/endpoints answered 422: /url: expected https, got "ftp://x"',
    })
    const several = await openServer(problem(422, 'invalid-input', { errors: [one, two] }))
    expect((await refused(add, { ZAPLOG_URL: several })).said).toBe(
      'POST /v1/endpoints answered 422:\n  /url: expected https, got "ftp://x"\n  /holdMedia: expected a number, got null',
    )
    const plain = await openServer(problem(503, 'unavailable'))
    expect(await refused(add, { ZAPLOG_URL: plain })).toEqual({
      code: exitCodes.tryLater,
      said: 'POST /v1/endpoints answered 503: what stands against it',
    })
  })
})

test('[L] a zaplog behind a path is called below it, with every page of a list', async () => {
  const endpoint = (id: string) => ({ id, url: `https://example.com/${id}`, enabled: true })
  const seen: string[] = []
  const url = await openServer((request, response) => {
    seen.push(`${request.headers.authorization} ${request.url}`)
    const page =
      seen.length === 1 ? { data: [endpoint('one')], nextCursor: 'a b' } : { data: [endpoint('two')], nextCursor: null }
    json(200, page)(request, response)
  })
  const { code, out } = await runVerb(['webhooks', 'list', '--json'], { ZAPLOG_URL: `${url}/zaplog/`, ADMIN_API_KEY: KEY })
  expect({ code, out: JSON.parse(out) }).toEqual({ code: 0, out: [endpoint('one'), endpoint('two')] })
  expect(seen).toEqual([
    `Bearer ${KEY} /zaplog/v1/endpoints?limit=200`,
    `Bearer ${KEY} /zaplog/v1/endpoints?limit=200&cursor=a%20b`,
  ])
})

test('[L] what webhooks add prints can be copied line by line, and --json is the whole answer', async () => {
  const endpoint = { id: 'one', url: 'https://example.com/hook', enabled: true, secret: 'whsec_c2VjcmV0' }
  const ZAPLOG_URL = await openServer(json(201, endpoint))
  const add = ['webhooks', 'add', endpoint.url]
  expect(await runVerb(add, { ZAPLOG_URL, ADMIN_API_KEY: KEY })).toEqual({
    code: 0,
    out: 'id      one\nurl     https://example.com/hook\nsecret  whsec_c2VjcmV0\n',
    err: 'The secret is shown this once; receivers verify signatures with it (Standard Webhooks).\n',
  })
  expect(JSON.parse((await runVerb([...add, '--json'], { ZAPLOG_URL, ADMIN_API_KEY: KEY })).out)).toEqual(endpoint)
})
