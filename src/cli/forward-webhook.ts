// Hands a webhook on to a receiver that only this machine reaches, as zaplog would have posted it, and brings back what it answered.
import { Agent } from 'undici'
import { postDelivery } from '../webhooks/bridge/post-delivery.ts'
import { signDelivery } from '../webhooks/bridge/sign-delivery.ts'
import type { HandedDelivery, ListenerAnswer } from './answers.ts'

export type Forward = {
  /** Rejects when the signal aborts before the receiver has answered. */
  send(handed: HandedDelivery, signal: AbortSignal): Promise<ListenerAnswer & { durationMs: number }>
  close(): Promise<void>
}

/** Of the time that an answer may take, for its way back to zaplog; half of it where there is less. */
const WAY_BACK_MS = 2_000

/** `secret`: the receiver's own, which it is signed with anew; null: it stays signed with the listener's. */
export function openForward(url: string, secret: string | null): Forward {
  const dispatcher = new Agent()
  return {
    send: async (handed, signal) => {
      const { body, answerWithinMs } = handed
      const headers = secret === null ? handed.headers : signedAnew(handed, secret)
      const post = { url, headers, body, timeoutMs: Math.max(answerWithinMs / 2, answerWithinMs - WAY_BACK_MS) }
      const exchange = await postDelivery({ dispatcher, clock: Date.now }, post, signal)
      return { ...answerOf(exchange), durationMs: exchange.durationMs }
    },
    close: () => dispatcher.destroy(),
  }
}

/** Verified before (verify-webhook.ts): these headers are there. */
function signedAnew({ headers, body }: HandedDelivery, secret: string): HandedDelivery['headers'] {
  const of = { webhookId: headers['webhook-id'] ?? '', timestampSeconds: Number(headers['webhook-timestamp']), body }
  return { ...headers, 'webhook-signature': signDelivery({ ...of, secrets: [secret] }) }
}

function answerOf(exchange: Awaited<ReturnType<typeof postDelivery>>): ListenerAnswer {
  if (exchange.kind === 'failed') return { error: exchange.message }
  const { statusCode, retryAfterMs, asked, response } = exchange
  return {
    statusCode,
    response,
    ...(retryAfterMs === null ? {} : { retryAfter: String(Math.ceil(retryAfterMs / 1000)) }),
    ...(asked === null ? {} : { webhookDelivery: asked }),
  }
}
