// Sessions move with the pair of addresses that they move for. From a pair on, Baileys looks for sessions under the LID alone, and moves them in a
// call of its own (lib/Socket/messages-recv.js), which for pairs of the address book nobody makes (lib/Socket/chats.js): a session that stayed
// behind is never found again, and what its contact writes next does not decrypt.
import { jidDecode, type LIDMapping, type SignalKeyStore } from '@whiskeysockets/baileys'
import type { Repository } from './take-part.ts'

type LidMapping = Repository['lidMapping']
type Deps = {
  repository: Repository
  keys: Pick<SignalKeyStore, 'get' | 'set'>
  inOneUnit<T>(work: () => Promise<T>): Promise<T>
}
type Known = { pair: LIDMapping; pnUser: string; devices: readonly string[] | null }

/** A pair that is new and has sessions under the PN is stored in one unit with their move, each in its own: no step of a session comes between. */
export function moveWithPairs({ repository, keys, inOneUnit }: Deps): LidMapping {
  const { lidMapping } = repository

  async function newAmong(pairs: readonly LIDMapping[]): Promise<readonly LIDMapping[]> {
    const known = await keys.get('lid-mapping', [...new Set(pairs.flatMap(({ pn }) => jidDecode(pn)?.user ?? []))])
    return pairs.filter(({ lid, pn }) => known[jidDecode(pn)?.user ?? ''] !== jidDecode(lid)?.user)
  }

  /** Those of its devices that Baileys knows of, of its phone, and of whom the pair names; all of the pairs in two reads. */
  async function withSessions(pairs: readonly LIDMapping[]): Promise<readonly Known[]> {
    const named = pairs.flatMap(pair => {
      const { user, device } = jidDecode(pair.pn) ?? {}
      return user === undefined ? [] : [{ pair, pnUser: user, device: String(device ?? 0) }]
    })
    const lists = await keys.get('device-list', [...new Set(named.map(({ pnUser }) => pnUser))])
    const asked = named.map(({ pair, pnUser, device }) => {
      const devices = lists[pnUser] ?? null
      return { pair, pnUser, devices, addresses: [...(devices ?? []), '0', device].map(one => `${pnUser}.${one}`) }
    })
    const sessions = await keys.get('session', [...new Set(asked.flatMap(({ addresses }) => addresses))])
    return asked.filter(({ addresses }) => addresses.some(address => sessions[address]))
  }

  const storeWithSessions = ({ pair, pnUser, devices }: Known) =>
    inOneUnit(async () => {
      await lidMapping.storeLIDPNMappings([pair])
      // Baileys moves nothing of whom it knows no devices of; the one that the pair names is added by itself.
      if (devices === null) await keys.set({ 'device-list': { [pnUser]: ['0'] } })
      await repository.migrateSession(pair.pn, pair.lid)
    })

  const storeLIDPNMappings: LidMapping['storeLIDPNMappings'] = async pairs => {
    const fresh = await newAmong(pairs)
    if (fresh.length === 0) return
    const moving = await withSessions(fresh)
    for (const one of moving) await storeWithSessions(one)
    const moved = new Set(moving.map(({ pair }) => pair))
    await lidMapping.storeLIDPNMappings(fresh.filter(pair => !moved.has(pair)))
  }
  return Object.assign(Object.create(lidMapping), { storeLIDPNMappings })
}
