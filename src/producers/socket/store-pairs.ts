// Pairs of addresses that Baileys tells of one by one are stored together: it would store each by itself and one after another
// (lib/Socket/chats.js), so that of a long address book whoever writes meanwhile, and whose address is new, waited for all of it.
import type { LIDMapping, WASocket } from '@whiskeysockets/baileys'

const maxTogether = 500

/** Resolves once they are durable. */
export type StorePairs = (pairs: readonly LIDMapping[]) => Promise<void>

/** In place of Baileys' own listener. `failed`: what was not stored is learnt again from whoever writes. */
export function storePairsTogether(
  { ev, signalRepository }: Pick<WASocket, 'ev' | 'signalRepository'>,
  failed: (error: unknown) => void,
): StorePairs {
  let waiting: LIDMapping[] = []

  async function store(pairs: readonly LIDMapping[]): Promise<void> {
    for (let at = 0; at < pairs.length; at += maxTogether)
      await signalRepository.lidMapping.storeLIDPNMappings(pairs.slice(at, at + maxTogether))
  }

  function storeWaiting(): void {
    const pairs = waiting
    waiting = []
    store(pairs).catch(failed)
  }

  ev.removeAllListeners('lid-mapping.update')
  ev.on('lid-mapping.update', pair => {
    if (waiting.length === 0) setImmediate(storeWaiting)
    waiting.push(pair)
  })
  return store
}
