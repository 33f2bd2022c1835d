// The pages over HTTP: a browser gets HTML where a program gets JSON, under a policy that runs our own files alone; no key is asked for.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openHttpServer } from '../../src/api/http-server.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'

/** As Chromium and Firefox send them when an address is opened. */
const browsers = [
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
  'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
]
const [browser = ''] = browsers
/** fetch and curl; a client of JSON; one that takes both alike; one that likes JSON better; one that wants no HTML. */
const programs = ['*/*', 'application/json', 'text/html, application/json', 'text/html;q=0.5, */*', 'text/html;q=0, */*;q=0.1']

const logger = collectLogLines()
let api: TestApi
beforeAll(async () => {
  api = await openTestApi('api-pages', logger)
})
afterAll(() => api.close())

const open = (path: string, { accept = browser, method = 'GET', headers = {} as Record<string, string> } = {}) =>
  api.call(method, path, { key: null, headers: { accept, ...headers } })
/** What a page loads. */
const assetsOf = (html: string): readonly string[] =>
  [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '')
const directives = (headers: Headers) =>
  Object.fromEntries(
    (headers.get('content-security-policy') ?? '').split('; ').map(one => {
      const [name = '', ...sources] = one.split(' ')
      return [name, sources.join(' ')]
    }),
  )

describe('GET /', () => {
  test.each(browsers)('[J2] is a page for a browser that asks with %s', async accept => {
    const { status, headers, text } = await open('/', { accept })
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(text).toContain('data-version="0.0.0-test"')
    expect(text).not.toContain('{{')
  })

  test.each(programs)('[L] is JSON for a program that asks with %s, without a key', async accept => {
    const { status, headers, json } = await open('/', { accept })
    expect([status, headers.get('vary')]).toEqual([200, 'accept'])
    expect(json).toMatchObject({
      name: 'zaplog',
      version: '0.0.0-test',
      links: { reference: '/docs', description: '/openapi.json' },
    })
  })

  test('[J2] the build that a page has in it is the one that is served, so that an old page knows itself', async () => {
    const { json } = await open('/', { accept: 'application/json' })
    expect((await open('/')).text).toContain(`data-build="${json.build}"`)
    expect((await open('/docs')).text).toContain(`data-build="${json.build}"`)
  })
})

test('[J3] /docs/ leads to /docs', async () => {
  const answer = await fetch(new URL('/docs/', api.url), { redirect: 'manual', headers: { accept: 'text/html' } })
  expect([answer.status, answer.headers.get('location')]).toEqual([308, '/docs'])
})

describe.each(['/', '/docs'])('the page at %s', path => {
  test('[J2] [I3] runs nothing but our own files, is framed by nobody, sends no form and names us to nobody', async () => {
    const { headers, text } = await open(path)
    expect(directives(headers)).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': "'self'",
      'img-src': path === '/docs' ? "'self' data:" : "'self'",
      'connect-src': "'self'",
      'frame-ancestors': "'none'",
      'base-uri': "'none'",
      'form-action': "'none'",
    })
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(text).not.toMatch(/<script>|<style>|\son\w+=|https?:\/\//)
  })

  test('[J2] is asked for again each time and sent again only when it changed', async () => {
    const { headers } = await open(path)
    expect(headers.get('cache-control')).toBe('no-cache')
    const etag = headers.get('etag') ?? ''
    const again = await open(path, { headers: { 'if-none-match': `"other", W/${etag}` } })
    expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag])
    expect((await open(path, { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
  })

  test('[J2] its files are kept for ever, because another content has another name, and are what they say', async () => {
    const assets = assetsOf((await open(path)).text)
    expect(assets.length).toBeGreaterThan(2)
    for (const asset of assets) {
      const { status, headers } = await open(asset, { accept: '*/*' })
      expect([asset, status]).toEqual([asset, 200])
      expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('content-type')).toMatch(/^(text\/javascript|text\/css|image\/svg\+xml)/)
    }
  })

  test('[L] HEAD has the same head and no body; other methods are 405 with those there are', async () => {
    const [get, head] = [await open(path), await open(path, { method: 'HEAD' })]
    for (const name of ['content-type', 'content-length', 'etag', 'content-security-policy'])
      expect([name, head.headers.get(name)]).toEqual([name, get.headers.get(name)])
    expect([head.status, head.text]).toEqual([200, ''])
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const { status, headers } = await open(path, { method })
      expect([method, status, headers.get('allow')]).toEqual([method, 405, 'GET, HEAD'])
    }
  })
})

test('[J2] what the page at / loads before it is used is less than 100 KB', async () => {
  const { text } = await open('/')
  const sizes = await Promise.all(assetsOf(text).map(async asset => (await open(asset, { accept: '*/*' })).text.length))
  expect(sizes.reduce((sum, size) => sum + size, text.length)).toBeLessThan(100_000)
})

test('[I1] the icon that browsers ask for by themselves needs no key', async () => {
  const { status, headers } = await open('/favicon.ico', { accept: 'image/*' })
  expect([status, headers.get('content-type')]).toEqual([200, 'image/svg+xml'])
})

test('[I1] a file that there is not is 404, whatever path it names', async () => {
  for (const name of ['nothing.js', '..%2findex.html', '%2e%2e%2fdocs.html', 'LICENSES.txt'])
    expect([name, (await open(`/assets/${name}`, { accept: '*/*' })).status]).toEqual([name, 404])
})

describe('a path that there is not', () => {
  test('[J2] is a page with the way home for a browser, with and without a key', async () => {
    for (const key of [null, 'wrong', undefined]) {
      const { status, headers, text } = await api.call('GET', '/nothing?a=<b>', {
        headers: { accept: browser },
        ...(key !== undefined && { key }),
      })
      expect([status, headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8'])
      expect(text).toContain('<a href="/">')
      expect(directives(headers)).toMatchObject({ 'default-src': "'none'", 'script-src': "'self'" })
      expect(directives(headers)['style-src']).toMatch(/^'sha256-\S+'$/)
    }
  })

  test('[L] is a problem for a program: 404 with a key, 401 without', async () => {
    for (const accept of programs) {
      const known = await api.call('GET', '/nothing', { headers: { accept } })
      expect([known.status, known.json.type]).toEqual([404, 'urn:zaplog:problem:not-found'])
      expect((await open('/nothing', { accept })).json).toMatchObject({ status: 401 })
    }
  })
})

describe('a refusal', () => {
  test('[J2] [I3] is HTML where a browser opens the address, and what somebody put into the address is text in it', async () => {
    const instance = await api.call('GET', '/v1/instances/%3Cscript%3Ealert(1)%3C%2Fscript%3E', { headers: { accept: browser } })
    expect(instance.status).toBe(404)
    expect(instance.text).not.toContain('<script')
    expect(instance.text).toContain('&lt;script&gt;')
    const withoutKey = await open('/openapi.json')
    expect([withoutKey.status, withoutKey.headers.get('content-type')]).toEqual([401, 'text/html; charset=utf-8'])
    expect(withoutKey.text).toContain('authorization: Bearer')
  })

  test('[L] is a problem wherever something is to be changed, also in a browser', async () => {
    const { headers } = await open('/v1/instances', { method: 'POST' })
    expect(headers.get('content-type')).toBe('application/problem+json')
  })

  test('[J2] while zaplog starts is a page that tries again by itself', async () => {
    const config = { host: '127.0.0.1', port: 0, http: { trustedProxies: [], maxConnections: 1000 } }
    const server = await openHttpServer({
      config,
      keys: () => ({ admin: null, metrics: null }),
      checks: () => [],
      isReady: () => false,
      metrics: createMetrics({ processMetrics: false }),
      logger,
      clock: () => 0,
    })
    try {
      const answer = await fetch(server.url, { headers: { accept: browser } })
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
      expect(await answer.text()).toContain('<meta http-equiv="refresh" content="5">')
    } finally {
      await server.close()
    }
  })
})
