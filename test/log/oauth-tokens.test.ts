// Tokens for brokers: asked for as RFC 6749 has it, one question at a time, kept for four fifths of their life, and no secret in what is said.
import { expect, test } from 'vitest'
import { createOAuthTokens } from '../../src/log/kafka/oauth-tokens.ts'
import { openTokenEndpoint } from '../ground/log/token-endpoint.ts'
import { alwaysAnswer, openLoopbackServer } from '../ground/loopback-server.ts'
import { until } from '../ground/until.ts'

test('[G1] a client with an id and a secret that need encoding is let in, its scope is asked for', async () => {
  const { client, asked } = await openTokenEndpoint()
  const tokens = createOAuthTokens({ ...client, scope: 'kafka read' })
  expect(await tokens.take()).toMatchObject({ isNew: true })
  expect(asked.map(({ body }) => body)).toEqual(['grant_type=client_credentials&scope=kafka+read'])
})

test('[G1] many who want one at once ask once', async () => {
  const { client, asked } = await openTokenEndpoint()
  const tokens = createOAuthTokens(client)
  const taken = await Promise.all(Array.from({ length: 20 }, tokens.take))
  expect(new Set(taken.map(({ value }) => value)).size).toBe(1)
  expect(asked).toHaveLength(1)
})

test('[G1] a token is kept for four fifths of its life, and no longer', async () => {
  const { client, asked, giving } = await openTokenEndpoint()
  giving.expiresInS = 100
  let nowMs = 0
  const tokens = createOAuthTokens(client, () => nowMs)
  await tokens.take()
  nowMs = 79_999
  expect(await tokens.take()).toMatchObject({ isNew: false })
  nowMs = 80_000
  expect(await tokens.take()).toMatchObject({ isNew: true })
  expect(asked).toHaveLength(2)
})

test('[G1] a token that was refused is given to nobody else', async () => {
  const { client, asked } = await openTokenEndpoint()
  const tokens = createOAuthTokens(client)
  const { value } = await tokens.take()
  tokens.refused('another')
  expect(await tokens.take()).toMatchObject({ isNew: false })
  tokens.refused(value)
  expect(await tokens.take()).toMatchObject({ isNew: true })
  expect(asked).toHaveLength(2)
})

test('[G1] a wrong secret is denied, by the word of the endpoint and the names of the settings, and not said', async () => {
  const { client } = await openTokenEndpoint()
  const error = await createOAuthTokens({ ...client, clientSecret: 'secret-but-wrong' })
    .take()
    .catch(reason => reason)
  expect(error).toMatchObject({
    code: 'denied',
    retryable: false,
    settings: ['KAFKA_OAUTH_TOKEN_URL', 'KAFKA_OAUTH_CLIENT_ID', 'KAFKA_OAUTH_CLIENT_SECRET', 'KAFKA_OAUTH_SCOPE'],
    message: `fetching a token from ${client.tokenUrl}: status 401 (invalid_client)`,
  })
})

test('[G1] an endpoint that is away, or has too much to do, is asked again: it is unavailable', async () => {
  const { client, giving } = await openTokenEndpoint()
  for (const status of [404, 408, 429, 500, 503]) {
    giving.status = status
    await expect(createOAuthTokens(client).take()).rejects.toMatchObject({ code: 'unavailable', retryable: true })
  }
  const gone = createOAuthTokens({ ...client, tokenUrl: 'http://127.0.0.1:1/token?key=not-to-be-said' })
  await expect(gone.take()).rejects.toMatchObject({
    code: 'unavailable',
    settings: ['KAFKA_OAUTH_TOKEN_URL'],
    message: expect.stringMatching(/^fetching a token from http:\/\/127\.0\.0\.1:1\/token\?…: .*ECONNREFUSED/),
  })
})

test('[G1] an answer without a token is denied, whatever else it says', async () => {
  for (const body of ['', 'welcome', '{"access_token":""}', '{"access_token":"two words"}', '[]']) {
    const { url } = await openLoopbackServer(alwaysAnswer(200, body))
    const tokens = createOAuthTokens({ tokenUrl: url, clientId: 'a', clientSecret: 'b', scope: null })
    await expect(tokens.take()).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringContaining('expected JSON with an access_token'),
    })
  }
})

test('[G1] what a proxy in front of the endpoint says refuses nobody: it is unavailable, with the URL to look at', async () => {
  for (const status of [302, 400, 401, 403, 404, 408, 502]) {
    const { url } = await openLoopbackServer(alwaysAnswer(status, '<html>a page of a proxy</html>'))
    const tokens = createOAuthTokens({ tokenUrl: url, clientId: 'a', clientSecret: 'b', scope: null })
    await expect(tokens.take()).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
      settings: ['KAFKA_OAUTH_TOKEN_URL'],
      message: expect.stringContaining(`status ${status}`),
    })
  }
})

test('[G1] a client that the endpoint refuses by RFC 6749 is denied, with each of its statuses', async () => {
  for (const status of [400, 401, 403]) {
    const { url } = await openLoopbackServer(alwaysAnswer(status, '{"error":"unauthorized_client"}'))
    const tokens = createOAuthTokens({ tokenUrl: url, clientId: 'a', clientSecret: 'b', scope: null })
    await expect(tokens.take()).rejects.toMatchObject({ code: 'denied', message: expect.stringContaining('unauthorized_client') })
  }
})

test('[G1] [L] of an endpoint that never ends its answer no more than a start is read', async () => {
  let sentBytes = 0
  let isCut = false
  const { url } = await openLoopbackServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.on('close', () => {
      isCut = true
    })
    const send = () => {
      while (!isCut && response.write('x'.repeat(64 * 1024))) sentBytes += 64 * 1024
    }
    response.on('drain', send)
    send()
  })
  const tokens = createOAuthTokens({ tokenUrl: url, clientId: 'zaplog', clientSecret: 'secret', scope: null })
  await expect(tokens.take()).rejects.toMatchObject({ code: 'denied', settings: ['KAFKA_OAUTH_TOKEN_URL'] })
  await until('the connection to be cut', () => isCut)
  expect(sentBytes).toBeLessThan(32 * 1024 ** 2)
})
