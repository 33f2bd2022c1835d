// Who is woken by each channel. The same function may listen twice.

export type ChannelListeners = {
  /** Answers how to leave again; that answers what nobody listens on any more, by it: the channel, everything, or nothing (null). */
  join(channel: string, wake: (payload: string) => void): () => 'channel' | 'everything' | null
  wake(channel: string, payload: string): void
  channels(): readonly string[]
  /** Nobody listens any more. */
  clear(): void
}

export function createChannelListeners(): ChannelListeners {
  const byChannel = new Map<string, Set<(payload: string) => void>>()
  return {
    join: (channel, wake) => {
      const here = (payload: string) => wake(payload) // an identity of its own
      byChannel.set(channel, (byChannel.get(channel) ?? new Set()).add(here))
      return () => {
        const others = byChannel.get(channel)
        if (others?.delete(here) !== true || others.size > 0) return null
        byChannel.delete(channel)
        return byChannel.size === 0 ? 'everything' : 'channel'
      }
    },
    wake: (channel, payload) => {
      for (const wake of byChannel.get(channel) ?? []) wake(payload)
    },
    channels: () => [...byChannel.keys()],
    clear: () => byChannel.clear(),
  }
}
