// What an answer repeats of its request is kept without what the endpoint keeps secret.
import { expect, it } from 'vitest'
import { maskEcho } from '../../src/webhooks/bridge/mask-echo.ts'

const sent = {
  url: 'https://example.com/hook?instance=shop-1&token=a%2Fsecret',
  headers: { authorization: 'Bearer geheimnis', 'x-short': 'abc', 'webhook-id': 'delivery-1', 'user-agent': 'zaplog/0.2.0' },
}

it.each([
  ['Cannot POST /hook?instance=shop-1&token=a%2Fsecret', 'Cannot POST /hook?***'],
  ['token was a/secret, raw a%2Fsecret', 'token was ***, raw ***'],
  ['{"authorization":"Bearer geheimnis"} geheimnis', '{"authorization":"***"} ***'],
  ['cut inside of Bearer gehei', 'cut inside of ***'],
  ['instance abc delivery-1 zaplog/0.2.0 token', 'instance abc delivery-1 zaplog/0.2.0 token'],
  ['', ''],
])('[E1] %s is kept as %s', (answer, kept) => {
  expect(maskEcho(answer, sent)).toBe(kept)
})

it('[E1] nothing is masked where nothing is secret', () => {
  expect(maskEcho('thank you', { url: 'https://example.com/hook', headers: {} })).toBe('thank you')
})

it('[I2] a secret that the answer repeats in JSON, or in a URL, is one all the same', () => {
  const secret = 'blue "token" / 1'
  const sent = { url: 'https://example.com/hook', headers: { 'x-secret': secret } }
  expect(maskEcho(JSON.stringify({ 'x-secret': secret }), sent)).toBe('{"x-secret":"***"}')
  expect(maskEcho(`/login?next=${encodeURIComponent(secret)}&x=1`, sent)).toBe('/login?next=***&x=1')
})
