// Pairs of addresses that Baileys tells of one by one are stored together: it would store each by itself and one after another
// (lib/Socket/chats.js), so that of a long address book whoever writes meanwhile, and whose address is new, waited for all of it.
import { jidDecode, type LIDMapping, type SignalKeyStore, type WASocket } from '@whiskeysockets/baileys'

const maxTogether = 500

/** Resolves once they are durable. */
export type StorePairs = (pairs: readonly LIDMapping[]) => Promise<void>

/** In place of Baileys' own listener. `failed`: what was not stored is learnt again from whoever writes. */
export function storePairsTogether(
  { ev, signalRepository }: Pick<WASocket, 'ev' | 'signalRepository'>,
  failed: (error: unknown) => void,
): void {
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
}

type Learning = {
  keys: Pick<SignalKeyStore, 'get'>
  store: StorePairs
  /** Nobody stores a pair of the account's messages beside it. Resolves once what `work` sets is durable. */
  alone(work: () => Promise<void>): Promise<void>
}

/** Of another time, such as history's: what the keys know of either address was heard since, and stays. */
export function learnPairsBy({ keys, store, alone }: Learning): StorePairs {
  async function unknownAmong(pairs: readonly LIDMapping[]): Promise<readonly LIDMapping[]> {
    const named = pairs.map(pair => ({ pair, names: [userOf(pair.pn), `${userOf(pair.lid)}_reverse`] }))
    const known = await keys.get('lid-mapping', [...new Set(named.flatMap(({ names }) => names))])
    const taken = new Set(Object.keys(known).filter(name => known[name]))
    return named.flatMap(({ pair, names }) => {
      if (names.some(name => taken.has(name))) return []
      for (const name of names) taken.add(name)
      return [pair]
    })
  }

  return async pairs => {
    for (let at = 0; at < pairs.length; at += maxTogether)
      await alone(async () => store(await unknownAmong(pairs.slice(at, at + maxTogether))))
  }
}

const userOf = (jid: string): string => jidDecode(jid)?.user ?? ''
