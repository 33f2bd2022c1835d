// An endpoint that takes all but one message, which therefore becomes a dead letter: it is refused while others are taken.
import { openReceiver, type Receiver } from '../receiver.ts'
import { type Stage, subscribe } from '../scenarios/stage.ts'

export type ChoosyEndpoint = {
  /** Whichever comes next it refuses, until it is mended. */
  refuseNext(): void
  /** From now on it takes all, and what was given up is sent again. */
  mend(): Promise<void>
}

export async function openChoosyEndpoint({ zaplog }: Stage, onEnd: (close: Receiver['close']) => void): Promise<ChoosyEndpoint> {
  let refuses: { messageId: unknown } | 'the next' | null = null
  const receiver = await openReceiver({
    respond: ({ body }) => {
      if (refuses === 'the next') refuses = { messageId: body.data.messageId }
      return refuses?.messageId === body.data.messageId ? { status: 422 } : {}
    },
  })
  onEnd(receiver.close)
  await subscribe(zaplog(), receiver)
  return {
    refuseNext: () => {
      refuses = 'the next'
    },
    mend: async () => {
      refuses = null
      const { status, body } = await zaplog().call('POST', '/v1/dead-letters/redrive', { source: 'delivery' })
      if (status !== 202) throw new Error(`giving dead letters back: expected 202, got ${status} ${JSON.stringify(body)}`)
    },
  }
}
