// Which LID and which phone number are one account, as far as the instance knows: from its own keys, where Baileys keeps each pair that
// WhatsApp tells; WhatsApp is never asked. Pairs and absences are remembered, so that a contact costs one read, not one per message.
import type { SignalDataSet, SignalKeyStore } from '@whiskeysockets/baileys'
import { createLru } from '../runtime/lru.ts'
import { bareJid, digitsOf, isLid, isPn, type OwnAddresses } from './jid.ts'
import type { Address } from './stanza-identity.ts'

export type KnownAddresses = {
  /** To be given to Baileys: a pair that it stores is known from then on. */
  keys: SignalKeyStore
  /** The LID as id wherever it is known, and the phone number beside it; what the address says itself stays. */
  complete(address: Address): Promise<Address>
  /** Reads at once what `complete` would read for each of these. */
  readAhead(addresses: readonly Address[]): Promise<void>
}

const type = 'lid-mapping'
/** Of one instance; about 0.1 KB each. */
const maxRemembered = 4_096

/** `complete` rejects only where reading keys does: when the socket is over. */
export function watchAddresses(keys: SignalKeyStore, own: () => OwnAddresses): KnownAddresses {
  /** By the id in the key store (lib/Signal/lid-mapping.js); null: known to be absent. */
  const known = createLru<string | null>(maxRemembered)
  let writes = 0

  async function set(data: SignalDataSet): Promise<void> {
    await keys.set(data)
    const pairs = Object.entries(data[type] ?? {})
    if (pairs.length > 0) writes += 1
    for (const [id, user] of pairs) known.set(id, user)
  }

  async function find(id: string): Promise<string | null> {
    const remembered = known.get(id)
    if (remembered !== undefined) return remembered
    const writesBefore = writes
    const user = (await keys.get(type, [id]))[id] ?? null
    // A pair that was stored meanwhile is newer than this read.
    if (writes === writesBefore) known.set(id, user)
    return known.get(id) ?? user
  }

  async function readAhead(ids: readonly string[]): Promise<void> {
    const missing = [...new Set(ids)].filter(id => known.get(id) === undefined)
    if (missing.length === 0) return
    const writesBefore = writes
    const users = await keys.get(type, missing)
    if (writes === writesBefore) for (const id of missing) known.set(id, users[id] ?? null)
  }

  async function pnOf(lid: string): Promise<string | null> {
    if (lid === own().lid) return own().pn
    const user = await find(`${digitsOf(lid)}_reverse`)
    return user === null ? null : bareJid(`${user}@s.whatsapp.net`)
  }

  async function lidOf(pn: string): Promise<string | null> {
    if (pn === own().pn) return own().lid
    const user = await find(digitsOf(pn))
    return user === null ? null : bareJid(`${user}@lid`)
  }

  return {
    keys: { ...keys, set },
    readAhead: addresses =>
      readAhead(
        addresses.flatMap(({ id, pn }) =>
          isPn(id) ? [digitsOf(id)] : isLid(id) && pn === null ? [`${digitsOf(id)}_reverse`] : [],
        ),
      ),
    complete: async ({ id, pn }) => {
      if (isLid(id)) return { id, pn: pn ?? (await pnOf(id)) }
      if (!isPn(id)) return { id, pn }
      return { id: (await lidOf(id)) ?? id, pn: pn ?? id }
    },
  }
}
