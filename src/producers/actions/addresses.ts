// Both addresses of a person, as far as the account's own keys know them (lib/Signal/lid-mapping.js of Baileys, which asks WhatsApp, and stumbles over
// another number than it asked for).
import { bareJid, digitsOf, isPn } from '../../convert/jid.ts'
import type { Acting } from '../socket/acting.ts'

export type Addresses = { pn: string | null; lid: string | null }

export async function addressesOf({ authState }: Pick<Acting, 'authState'>, personId: string): Promise<Addresses> {
  const id = isPn(personId) ? digitsOf(personId) : `${digitsOf(personId)}_reverse`
  const user = (await authState.keys.get('lid-mapping', [id]))[id]
  if (isPn(personId)) return { pn: personId, lid: user === undefined ? null : bareJid(`${user}@lid`) }
  return { pn: user === undefined ? null : bareJid(`${user}@s.whatsapp.net`), lid: personId }
}
