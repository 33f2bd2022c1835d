// What WhatsApp has of the account itself: who sees what of it, the timer that its new chats begin with, and whom it has blocked.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { bareJid } from '../../convert/jid.ts'
import { childOf, childrenOf } from '../../convert/notifications/nodes.ts'
import { type Address, pairOf } from '../../convert/stanza-identity.ts'
import type { SaidOf } from '../../instances/socket-answers.ts'
import { type Addresses, addressesOfAll } from '../actions/addresses.ts'
import { ask } from '../actions/ask.ts'
import { privacyOf } from '../actions/profile.ts'
import type { Acting } from '../socket/acting.ts'
import { codeIn } from '../socket/code-in.ts'

export async function readPrivacy(acting: Acting): Promise<SaidOf<'privacy'>> {
  const [seen, defaultExpiresInSeconds] = await Promise.all([privacyOf(acting), defaultTimerOf(acting)])
  return { ...seen, defaultExpiresInSeconds }
}

/** WhatsApp says it of anybody, the account itself among them, and of nobody by a question of its own. null: it does not say. */
async function defaultTimerOf(acting: Acting): Promise<number | null> {
  const found = await acting.fetchDisappearingDuration(bareJid(acting.user?.id ?? '')).catch(noneIfRefused)
  if (found === undefined) throw new Error('asking what timer new chats begin with: expected an answer of WhatsApp, got none')
  const said: unknown = found[0]?.disappearing_mode
  const { duration }: { duration?: unknown } = typeof said === 'object' && said !== null ? said : {}
  return typeof duration === 'number' && Number.isSafeInteger(duration) ? duration : null
}

/** What it refuses to say of this is no reason to keep the rest back. */
function noneIfRefused(error: unknown): [] {
  if (codeIn(error) === null) throw error
  return []
}

/** Baileys' own (fetchBlocklist of lib/Socket/chats.js) takes silence for an empty list. */
export async function readBlocklist(acting: Acting): Promise<SaidOf<'blocklist'>> {
  const answered = await ask(acting, { tag: 'iq', attrs: { to: 's.whatsapp.net', type: 'get', xmlns: 'blocklist' } })
  const list = childOf(answered, 'list')
  if (list === null) throw new Error('asking whom the account has blocked: expected a list, got none')
  const named = childrenOf(list).flatMap(item => (item.attrs.jid === undefined ? [] : addressIn(item)))
  const known = await addressesOfAll(
    acting,
    named.map(({ id }) => id),
  )
  return { contacts: named.map(one => withKnown(one, known(one.id))) }
}

const addressIn = ({ attrs }: BinaryNode): Address => pairOf(attrs.jid ?? '', [attrs.lid], [attrs.pn_jid, attrs.phone_number])

/** WhatsApp names each by one address; the account may know the other. */
const withKnown = ({ id, pn }: Address, known: Addresses) => ({ id: known.lid ?? id, pn: pn ?? known.pn })
