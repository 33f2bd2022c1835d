// Which LID and which phone number are one account, as far as is known where history is converted: what the caller knows, which is newer, and
// what the history itself says. Pure.
import { isStorableId } from '../../events/storable-ids.ts'
import { createLru } from '../../runtime/lru.ts'
import { bareJid, isLid, isPn, type OwnAddresses } from '../jid.ts'
import type { Address } from '../stanza-identity.ts'

/** Addresses without device; null: not known. */
export type KnownPairs = { lidOf(pn: string): string | null; pnOf(lid: string): string | null }
export type Pair = { lid: string; pn: string }

export type HistoryPairs = {
  learn(pair: Pair): void
  /** The LID as id wherever it is known, the phone number beside it. */
  addressOf(jid: string): Address
}

/** About 0.1 KB each. */
const maxPairs = 100_000

export function createHistoryPairs(known: KnownPairs, own: OwnAddresses): HistoryPairs {
  const lids = createLru<string>(maxPairs)
  const pns = createLru<string>(maxPairs)
  const learn = ({ lid, pn }: Pair): void => {
    lids.set(pn, lid)
    pns.set(lid, pn)
  }
  if (own.lid !== null && own.pn !== null) learn({ lid: own.lid, pn: own.pn })
  return {
    learn,
    addressOf: jid => {
      const id = bareJid(jid)
      if (isLid(id)) return { id, pn: known.pnOf(id) ?? pns.get(id) ?? null }
      return isPn(id) ? { id: known.lidOf(id) ?? lids.get(id) ?? id, pn: id } : { id, pn: null }
    },
  }
}

/** Of addresses as the phone says them, in whichever order; null: they are not one of each. What is no number is nobody's address. */
export function pairIn(...said: readonly (string | null | undefined)[]): Pair | null {
  const addresses = said.flatMap(one => (one && isStorableId(one) ? [bareJid(one)] : [])).filter(isNumbered)
  const [lid, pn] = [addresses.find(isLid), addresses.find(isPn)]
  return lid === undefined || pn === undefined ? null : { lid, pn }
}

const isNumbered = (jid: string): boolean => /^\d{1,20}@(lid|s\.whatsapp\.net)$/.test(jid)
