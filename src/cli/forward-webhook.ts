// Hands a webhook on to a receiver that only this machine reaches, as zaplog would have posted it, and brings back what it answered.
import { Agent } from 'undici'
import { postDelivery } from '../webhooks/bridge/post-delivery.ts'
import type { HandedDelivery, ListenerAnswer } from './answers.ts'

export type Forward = {
  /** Rejects when the signal aborts before the receiver has answered. */
  send(handed: HandedDelivery, signal: AbortSignal): Promise<ListenerAnswer & { durationMs: number }>
  close(): Promise<void>
}

/** Of the time that an answer may take, for its way back to zaplog; half of it where there is less. */
const WAY_BACK_MS = 2_000

export function openForward(url: string): Forward {
  const dispatcher = new Agent()
  return {
    send: async ({ headers, body, answerWithinMs }, signal) => {
      const post = { url, headers, body, timeoutMs: Math.max(answerWithinMs / 2, answerWithinMs - WAY_BACK_MS) }
      const exchange = await postDelivery({ dispatcher, clock: Date.now }, post, signal)
      return { ...answerOf(exchange), durationMs: exchange.durationMs }
    },
    close: () => dispatcher.destroy(),
  }
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
