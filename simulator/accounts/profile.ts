// What people say of themselves, and what of it an account may see.
import type { Contact } from './accounts.ts'
import type { World } from './world.ts'

export type Profile = {
  about: string | null
  /** Epoch seconds. */
  aboutAt: string
  /** null: it is nobody's business. */
  business: { description: string; category: string; address: string; email: string; website: string } | null
  /** Neither picture nor words are shown to accounts. */
  isHidden: boolean
  /** Digits that WhatsApp finds the person under, too, as those of Brazil without the 9. */
  alsoPn: string | null
  /** By WhatsApp's names of its categories; what is not there is `all`. */
  privacy: Readonly<Record<string, string>>
  /** Seconds that chats begin with; null: never said. */
  timer: string | null
}

const unsaid: Profile = { about: null, aboutAt: '0', business: null, isHidden: false, alsoPn: null, privacy: {}, timer: null }

export const profileOf = ({ accounts }: World, { lidJid }: Contact): Profile => accounts.state.profiles.get(lidJid) ?? unsaid

/** What is left out stays as it is. */
export function setProfile(world: World, of: Contact, said: Partial<Profile>): void {
  world.accounts.state.profiles.set(of.lidJid, { ...profileOf(world, of), ...said })
}

/** By any of the numbers that find somebody, or an address. */
export function findPerson(world: World, jid: string) {
  const named = world.accounts.personOf(jid)
  if (named !== undefined) return named
  const [digits] = jid.split('@', 1)
  const [lid] = [...world.accounts.state.profiles].find(([, { alsoPn }]) => alsoPn === digits) ?? []
  return lid === undefined ? undefined : world.accounts.personOf(lid)
}
