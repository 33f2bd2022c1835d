// Bridges for tests, each with its receivers; all of them are closed together, the last one opened first.
import type { collectLogLines } from '../log-lines.ts'
import { type Answer, openReceiver, type ReceivedAttempt } from '../receiver.ts'
import { openBridge } from './open-bridge.ts'

export function bridgesOf(logger: ReturnType<typeof collectLogLines>) {
  const closing: (() => Promise<void>)[] = []

  async function receiverThat(respond: (attempt: ReceivedAttempt) => Answer | Promise<Answer>) {
    const receiver = await openReceiver({ respond })
    closing.push(receiver.close)
    return receiver
  }

  return {
    open: async (name: string) => {
      const bridge = await openBridge(name, logger)
      closing.push(bridge.close)
      return {
        ...bridge,
        start: (...given: Parameters<typeof bridge.start>) => {
          const role = bridge.start(...given)
          closing.push(role.close)
          return role
        },
        /** With an endpoint of its own. */
        receiver: async (respond: (attempt: ReceivedAttempt) => Answer | Promise<Answer> = () => ({})) => {
          const receiver = await receiverThat(respond)
          const endpoint = await bridge.endpoint(receiver.url)
          receiver.trust(endpoint.secret)
          return { ...receiver, attempts: receiver.attempts, accepted: () => receiver.accepted, endpoint, id: endpoint.id }
        },
      }
    },
    close: async () => {
      for (const close of closing.splice(0).reverse()) await close()
    },
  }
}

export const sequences = (received: readonly ReceivedAttempt[]) => received.map(one => one.body.data.sequence)
export const ascending = (numbers: readonly number[]) =>
  numbers.every((one, index) => index === 0 || one > (numbers[index - 1] ?? 0))
