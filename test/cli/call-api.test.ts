// What a verb says when zaplog is not there, is somebody else, or refuses: one sentence on stderr, an exit code, never a stack or a key.
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../infra/services/server-process.ts'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { alwaysJson, alwaysProblem, KEY, refused } from '../ground/cli/refused.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'

const list = ['instances', 'list']
const add = ['webhooks', 'add', 'ftp://x']

const alwaysHtml =
  (status: number, body: string, server = 'nginx/1.27'): RequestListener =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'text/html', server }).end(body)

/** A server that says this and closes. */
async function openRaw(greeting: string): Promise<string> {
  const server = createServer(socket => {
    socket.on('error', () => undefined) // the client may be gone first
    socket.once('data', () => socket.end(greeting))
  })
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** What the verb says to a server that answers like this. */
async function refusedBy(answer: RequestListener, args: readonly string[] = list) {
  const { url } = await openLoopbackServer(answer)
  return { url, ...(await refused(args, { ZAPLOG_URL: url })) }
}

describe('somebody else', () => {
  test('[L] nobody there is said with the reason, and may pass', async () => {
    const port = await freePort()
    expect(await refused(list, { ZAPLOG_URL: `http://127.0.0.1:${port}` })).toEqual({
      code: exitCodes.tryLater,
      said: `calling http://127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}; is zaplog running there? ./zaplog start runs it, ZAPLOG_URL says where it listens`,
    })
  })

  test.each([
    ['a name that there cannot be', async () => `http://${'x'.repeat(64)}.invalid:7070`, 'ENOTFOUND'],
    ['a port that is never used for HTTP', async () => 'http://127.0.0.1:22', 'bad port'],
    ['a server of another protocol', () => openRaw('SSH-2.0-OpenSSH_9.2\r\n'), 'HTTP'],
    [
      'TLS where there is none',
      async () => (await openLoopbackServer(alwaysJson(200, {}))).url.replace('http:', 'https:'),
      'SSL',
    ],
  ])('[L] %s is about the setting: no later try would mend it', async (_, open, reason) => {
    const url = await open()
    const { code, said } = await refused(list, { ZAPLOG_URL: url })
    expect(code).toBe(exitCodes.configuration)
    expect(said).toContain(`calling ${url}: `)
    expect(said).toContain(reason)
    expect(said).toMatch(/; nothing there can ever be zaplog; ZAPLOG_URL says where it listens$/)
  })

  test('[L] a connection that ends without an answer may pass', async () => {
    expect((await refused(list, { ZAPLOG_URL: await openRaw('') })).code).toBe(exitCodes.tryLater)
  })

  test('[L] another server is quoted instead of parsed', async () => {
    const page = `<!doctype html><title>It works</title>${'x'.repeat(100)}`
    const { url, code, said } = await refusedBy(alwaysHtml(200, page))
    expect(code).toBe(exitCodes.configuration)
    expect(said).toBe(
      `expected zaplog at ${url}, got status 200 with text/html from nginx/1.27: ${JSON.stringify(page.slice(0, 80))}…; ZAPLOG_URL says where zaplog listens`,
    )
  })

  test.each([
    ['JSON of something else', alwaysJson(200, { tables: [] })],
    ['a problem of something else', alwaysJson(404, { type: 'about:blank', detail: 'no such index' })],
    ['a problem whose fields are none', alwaysProblem(422, 'invalid-input', { errors: {} })],
    ['a problem whose fields say nothing', alwaysProblem(422, 'invalid-input', { errors: [{ pointer: '/url' }, null] })],
    ['a list of something else', alwaysJson(200, { data: [{ id: 5 }], nextCursor: null })],
    ['nothing', (_, response) => void response.writeHead(204).end()],
  ] satisfies [string, RequestListener][])('[L] %s is not taken for zaplog’s answer', async (_, answer) => {
    const { url, code, said } = await refusedBy(answer)
    expect(code).toBe(exitCodes.configuration)
    expect(said).toContain(`expected zaplog at ${url}, got status `)
  })

  test('[L] an endpoint whose types are no list is not taken for zaplog’s', async () => {
    const endpoint = { id: 'one', url: 'https://example.com/hook', enabled: true, eventTypes: 'x' }
    const { url, code, said } = await refusedBy(alwaysJson(200, { data: [endpoint], nextCursor: null }), ['webhooks', 'list'])
    expect(code).toBe(exitCodes.configuration)
    expect(said).toContain(`expected zaplog at ${url}, got status 200 with application/json`)
  })

  test('[L] a proxy whose zaplog is away may pass', async () => {
    const { code, said } = await refusedBy(alwaysHtml(502, 'Bad Gateway'))
    expect(code).toBe(exitCodes.tryLater)
    expect(said).toContain('got status 502 with text/html from nginx/1.27: "Bad Gateway"')
  })

  test('[I3] what it says can neither break the line nor steer the terminal', async () => {
    const { said } = await refusedBy(alwaysHtml(404, 'a\u009Bb\u202Ec', 'x\u009B2J'))
    expect(said).toContain('from x\u{FFFD}2J: "a\u{FFFD}b\u{FFFD}c";')
  })
})

describe('a refusal', () => {
  test('[I1] [I2] a wrong key is said by where it came from', async () => {
    const { url } = await openLoopbackServer(alwaysProblem(401, 'unauthorized'))
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
        said: `reading the instances: zaplog at ${url} does not take the key from ${from}; it is in admin-key of the DATA_DIR that zaplog runs with, or is its ADMIN_API_KEY`,
      })
  })

  const one = { pointer: '/url', expected: 'https', received: '"ftp://x"' }
  const two = { pointer: '/holdMedia', expected: 'a number', received: 'null' }
  test.each([
    [[one], ' <url>: expected https, got "ftp://x"'],
    [[one, two], '\n  <url>: expected https, got "ftp://x"\n  --hold-media: expected a number, got null'],
    [[], ' what stands against it'],
  ])('[I3] what is refused is said once, field by field: %j', async (errors, said) => {
    expect(await refusedBy(alwaysProblem(422, 'invalid-input', { errors }), add)).toMatchObject({
      code: exitCodes.failed,
      said: `adding an endpoint:${said}`,
    })
  })

  test('[I3] what a client sent and comes back can neither break the line nor steer the terminal', async () => {
    const errors = [{ pointer: '/a\u0007', expected: 'b\u202E', received: '"c\nd\u2066"' }]
    expect((await refusedBy(alwaysProblem(422, 'invalid-input', { errors }), add)).said).toBe(
      'adding an endpoint: a\u{FFFD}: expected b\u{FFFD}, got "c\u{FFFD}d\u{FFFD}"',
    )
    expect((await refusedBy(alwaysProblem(409, 'conflict', { detail: 'no\u001b[2J\u202E' }), add)).said).toBe(
      'adding an endpoint: no\u{FFFD}[2J\u{FFFD}',
    )
  })

  test.each([
    ['instance-not-found', ['instances', 'show', 'shop'], 'instances list'],
    ['endpoint-not-found', ['webhooks', 'test', 'one'], 'webhooks list'],
  ])('[H7] of what there is not it says what shows what there is: %s', async (slug, args, verb) => {
    const { url, said } = await refusedBy(alwaysProblem(404, slug, { detail: 'there is none' }), args)
    expect(said).toMatch(/: there is none; /)
    expect(said.endsWith(`; ZAPLOG_URL=${url} ./zaplog ${verb} shows what there is`)).toBe(true)
  })

  test.each([408, 429, 500, 502, 503, 504])('[L] %i may pass, whether zaplog or a proxy says it', async status => {
    expect((await refusedBy(alwaysProblem(status, 'unavailable'))).code).toBe(exitCodes.tryLater)
    expect((await refusedBy(alwaysHtml(status, 'Not now'))).code).toBe(exitCodes.tryLater)
  })

  test('[L] what comes again as long as nothing changes is a failure of the call, or of the settings where it is not zaplog’s', async () => {
    expect((await refusedBy(alwaysProblem(404, 'instance-not-found'))).code).toBe(exitCodes.failed)
    expect((await refusedBy(alwaysHtml(404, 'Not here'))).code).toBe(exitCodes.configuration)
  })
})
