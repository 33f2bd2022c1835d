// What WhatsApp's server says to messages that were sent: its ack for the id, with an error or without. Baileys reports the bad ones alone.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { bareJid } from '../../convert/jid.ts'
import { wait } from '../../runtime/wait.ts'

export type Ack = { error: string | null; saidAt: string | null }
export type Acks = {
  heard(node: BinaryNode): void
  /** From now on, until `end`; of what is sent again for one device, another ack comes under the same id. */
  expect(messageId: string, to: string): Expected
}
export type Expected = {
  /** null: none came within so long, or the signal aborted. */
  within(timeoutMs: number, signal: AbortSignal): Promise<Ack | null>
  end(): void
}

export function createAcks(): Acks {
  const expected = new Map<string, { to: string; came(ack: Ack): void }>()
  return {
    heard: ({ attrs: { id, from, participant, error, t } }) => {
      const awaited = expected.get(id ?? '')
      const isOfIt = participant === undefined && from !== undefined && bareJid(from) === awaited?.to
      if (isOfIt) awaited?.came({ error: error ?? null, saidAt: t ?? null })
    },
    expect: (messageId, to) => {
      const came = Promise.withResolvers<Ack>()
      expected.set(messageId, { to: bareJid(to), came: came.resolve })
      return {
        within: async (timeoutMs, signal) => {
          const decided = new AbortController()
          const late = wait(timeoutMs, AbortSignal.any([signal, decided.signal])).then(() => null)
          return Promise.race([came.promise, late]).finally(() => decided.abort())
        },
        end: () => void expected.delete(messageId),
      }
    },
  }
}
