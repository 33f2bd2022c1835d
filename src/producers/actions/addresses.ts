// Both addresses of a person, as far as the account's own keys know them (lib/Signal/lid-mapping.js of Baileys, which asks WhatsApp, and stumbles over
// another number than it asked for).
import { bareJid, digitsOf, isPn } from '../../convert/jid.ts'
import type { Acting } from '../socket/acting.ts'

export type Addresses = { pn: string | null; lid: string | null }

export async function addressesOf(acting: Pick<Acting, 'authState'>, personId: string): Promise<Addresses> {
  const of = await addressesOfAll(acting, [personId])
  return of(personId)
}

/** Of each of them, by one read. */
export async function addressesOfAll(
  { authState }: Pick<Acting, 'authState'>,
  personIds: readonly string[],
): Promise<(personId: string) => Addresses> {
  const users = personIds.length === 0 ? {} : await authState.keys.get('lid-mapping', [...new Set(personIds.map(keyOf))])
  return personId => addressesBy(personId, users[keyOf(personId)])
}

/** Of the pair that it is in. */
const keyOf = (personId: string): string => (isPn(personId) ? digitsOf(personId) : `${digitsOf(personId)}_reverse`)

function addressesBy(personId: string, user: string | undefined): Addresses {
  if (isPn(personId)) return { pn: personId, lid: user === undefined ? null : bareJid(`${user}@lid`) }
  return { pn: user === undefined ? null : bareJid(`${user}@s.whatsapp.net`), lid: personId }
}
