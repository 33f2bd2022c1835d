// Guarantee: what webhooks listen takes for signed is what the official library takes, and nothing else.
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { refuseSignature } from '../../src/cli/verify-webhook.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`
const body = '{"type":"message.received","data":{"text":"olá"}}'
const now = new Date('2026-01-05T12:00:00.000Z')

function signed(by: readonly string[] = [secret], at = now) {
  const signatures = by.map(one => new Webhook(one).sign('ev_1_ep_1', at, body))
  return {
    body,
    headers: {
      'webhook-id': 'ev_1_ep_1',
      'webhook-timestamp': String(at.getTime() / 1000),
      'webhook-signature': signatures.join(' '),
    },
  }
}
const refused = (of: { headers: Record<string, string>; body: string }) => refuseSignature(of, secret, now.getTime())

test('[E4] what the official library signed is taken, also beside another signature while a secret is changed', () => {
  expect(refused(signed())).toBe(null)
  expect(refused(signed([other, secret]))).toBe(null)
  for (const seconds of [-299, 299]) expect(refused(signed([secret], new Date(now.getTime() + seconds * 1000)))).toBe(null)
})

test('[E4] another secret, another body, another id, another time or a missing header are refused in words', () => {
  const { headers } = signed()
  expect(refused(signed([other]))).toMatch(/not made with this secret/)
  expect(refused({ headers, body: body.replace('olá', 'ola') })).toMatch(/not made with this secret/)
  expect(refused({ headers: { ...headers, 'webhook-id': 'ev_2_ep_1' }, body })).toMatch(/not made with this secret/)
  expect(refused({ headers: { ...headers, 'webhook-signature': 'v1,' }, body })).toMatch(/not made with this secret/)
  expect(refused({ headers: { ...headers, 'webhook-timestamp': 'noon' }, body })).toMatch(/webhook-timestamp within 300 s/)
  expect(refused(signed([secret], new Date(now.getTime() - 301_000)))).toMatch(/got \d+, 301 s behind it/)
  const { 'webhook-signature': _none, ...unsigned } = headers
  expect(refused({ headers: unsigned, body })).toMatch(/expected the headers/)
})
