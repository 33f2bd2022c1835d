// What becomes of a broker's answer to a token: a new one that is refused is denied, one that was good before is replaced.
import type { AuthenticationProviderArgs, Mechanism } from 'kafkajs'
import { expect, test } from 'vitest'
import { securityOf } from '../../src/log/kafka/security.ts'
import { openTokenEndpoint } from '../ground/log/token-endpoint.ts'

const framed = (text: string) => Buffer.concat([Buffer.from([0, 0, 0, text.length]), Buffer.from(text)])

/** A broker that answers each token by its place in the order of tokens. */
async function openBroker(answers: readonly string[]) {
  const endpoint = await openTokenEndpoint()
  const said: string[] = []
  const { sasl } = securityOf({ sasl: { mechanism: 'oauthbearer', ...endpoint.client } })
  const authenticator = (sasl as Mechanism).authenticationProvider({
    host: 'kafka',
    port: 9093,
    saslAuthenticate: async ({ request, response }) => {
      const text = (await request.encode()).toString()
      said.push(text.slice(4))
      const answer = framed(answers[said.length - 1] ?? '')
      return response === undefined ? undefined : response.parse(await response.decode(answer))
    },
  } as AuthenticationProviderArgs)
  return { ...endpoint, said, authenticate: authenticator.authenticate }
}

const refusal = '{"status":"invalid_token"}'

test('[G1] a broker that lets us in has nothing to say', async () => {
  const { authenticate, said } = await openBroker([''])
  await authenticate()
  expect(said.map(one => one.replaceAll('\u0001', '^A'))).toEqual([expect.stringMatching(/^n,,\^Aauth=Bearer eyJ[^^]+\^A\^A$/)])
})

test('[G1] a new token that is refused is denied, and the refusal is answered as RFC 7628 wants it', async () => {
  const { authenticate, said } = await openBroker([refusal, ''])
  await expect(authenticate()).rejects.toMatchObject({ code: 'denied', message: expect.stringContaining('invalid_token') })
  expect(said[1]).toBe('\u0001')
})

test('[G1] a token that was good and is refused now is unavailable once: the next try has a new one', async () => {
  const { authenticate, asked } = await openBroker(['', refusal, '', ''])
  await authenticate()
  await expect(authenticate()).rejects.toMatchObject({ code: 'unavailable', retryable: true })
  await authenticate()
  expect(asked).toHaveLength(2)
})
