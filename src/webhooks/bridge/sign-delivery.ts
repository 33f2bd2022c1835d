// Signs one attempt as Standard Webhooks 1.0.0 asks (v1, HMAC-SHA256); during rotation once per secret, newest first.
import { createHmac } from 'node:crypto'

/** `secrets`: whsec_ and base64. `timestampSeconds` is the attempt's, `body` the exact text that is sent. */
export function signDelivery(of: {
  webhookId: string
  timestampSeconds: number
  body: string
  secrets: readonly string[]
}): string {
  const content = `${of.webhookId}.${of.timestampSeconds}.${of.body}`
  return of.secrets.map(secret => `v1,${createHmac('sha256', keyOf(secret)).update(content).digest('base64')}`).join(' ')
}

const keyOf = (secret: string): Buffer => Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
