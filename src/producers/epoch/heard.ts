// What was heard of the app state in one go: states to be compared with what was told last, and the events of what differs.
import type { Said, Telling } from '../../convert/app-state/said.ts'
import type { Offer } from '../../convert/draft.ts'
import { bareJid, isLid, isPn, type OwnAddresses } from '../../convert/jid.ts'
import type { KnownAddresses } from '../../convert/known-addresses.ts'
import type { Address } from '../../convert/stanza-identity.ts'
import { type State, saidIn } from '../told/differing.ts'
import type { Differing } from '../told/told.ts'
import { keyOf } from '../told/unwritten.ts'

export type Heard = {
  said: Said
  origin: Telling['origin']
  /** Among all that there is, not as what changed. */
  isWhole: boolean
  /** Epoch milliseconds. */
  occurredAt: number
}
export type Going = {
  states: readonly State[]
  offerOf(differing: Differing): Promise<Offer>
}
type Of = { instanceId: string; own: OwnAddresses; known: Pick<KnownAddresses, 'complete'> }

/** In the order of hearing; two that are about one thing are one, which says what both say. */
export function together(heard: readonly Heard[], { instanceId, own, known }: Of): Going {
  const all = new Map<string, Heard>()
  for (const one of heard) {
    const key = keyOf(one.said)
    const fields = { ...all.get(key)?.said.fields, ...Object.fromEntries(saidIn(one.said.fields)) }
    all.set(key, { ...one, said: { ...one.said, fields } })
  }
  const pairs = pairsIn([...all.values()])

  async function addressOf(about: string | null): Promise<Address> {
    if (about === null) return { id: '', pn: null }
    const id = bareJid(about)
    return pairs.get(id) ?? (await known.complete({ id, pn: null }))
  }

  return {
    states: [...all.values()].map(stateOf),
    offerOf: async differing => {
      const heardOf = all.get(keyOf(differing))
      if (heardOf === undefined) throw new Error(`telling ${differing.entity} ${differing.id}: it was not heard of`)
      const { said, origin, occurredAt } = heardOf
      const { eventId, fields } = differing
      const of = { instanceId, occurredAt, origin, eventId, fields: said.fields, ownId: own.lid ?? own.pn }
      return said.event(fields, { ...of, address: await addressOf(said.about) })
    },
  }
}

const stateOf = ({ said: { entity, id, fields, undone }, isWhole }: Heard): State => ({
  entity,
  id,
  fields,
  ...(undone !== undefined && !isWhole && { anyway: undone }),
})

/** Baileys stores pairs only after it has told of them. */
function pairsIn(heard: readonly Heard[]): ReadonlyMap<string, Address> {
  const pairs = heard.flatMap(({ said: { id, fields } }) =>
    isLid(id) && typeof fields.pn === 'string' && isPn(fields.pn) ? [{ id, pn: fields.pn }] : [],
  )
  return new Map(pairs.flatMap(pair => [[pair.id, pair] as const, [pair.pn, pair] as const]))
}
