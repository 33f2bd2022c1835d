// Whether a webhook is signed with this secret (Standard Webhooks 1.0.0), by the rules that receivers go by.
import { timingSafeEqual } from 'node:crypto'
import { signDelivery } from '../webhooks/bridge/sign-delivery.ts'

/** Between the clocks of both machines. */
const TOLERANCE_SECONDS = 300

type Signed = { headers: Readonly<Record<string, string>>; body: string }

/** null: it is. Else why not, in words. Pure; `nowAt` in milliseconds. */
export function refuseSignature({ headers, body }: Signed, secret: string, nowAt: number): string | null {
  const { 'webhook-id': webhookId, 'webhook-timestamp': seconds, 'webhook-signature': signatures } = headers
  if (webhookId === undefined || seconds === undefined || signatures === undefined)
    return 'expected the headers webhook-id, webhook-timestamp and webhook-signature'
  const timestampSeconds = Number(seconds)
  const off = nowAt / 1000 - timestampSeconds
  if (!(Math.abs(off) <= TOLERANCE_SECONDS))
    return `expected a webhook-timestamp within ${TOLERANCE_SECONDS} s of this machine’s clock, got ${seconds}, ${Math.round(off)} s behind it`
  const expected = Buffer.from(signDelivery({ webhookId, timestampSeconds, body, secrets: [secret] }))
  const fits = (signature: string) => {
    const given = Buffer.from(signature)
    return given.length === expected.length && timingSafeEqual(given, expected)
  }
  return signatures.split(' ').some(fits) ? null : 'its signature is not made with this secret'
}
