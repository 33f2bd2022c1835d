// Placeholders: message stanzas that say that there is a message and not what it is (<unavailable>, or nothing at all). What may be opened once
// stays on the phone; the rest Baileys asks the phone for, as WhatsApp Web does (handleMessage in lib/Socket/messages-recv.js). Pure.
import { type BinaryNode, isJidNewsletter, PLACEHOLDER_MAX_AGE_SECONDS } from '@whiskeysockets/baileys'
import { partsOf } from './stanza-parts.ts'

export type Withheld = {
  /** null: not said. */
  viewOnce: true | null
  /** Whether Baileys asks the phone for it; where that answers, the message comes under its own id. */
  asked: boolean
}

/** Channels' stanzas without content say other things, and what the account's own phone says to this device alone is nobody's message. */
export const isWithheld = (node: BinaryNode): boolean =>
  partsOf(node).length === 0 && node.attrs.category !== 'peer' && !isJidNewsletter(node.attrs.from)

/** And whatever begins with it. */
const viewOnce = 'view_once'
const notAskedFor: ReadonlySet<string> = new Set([
  viewOnce,
  'view_once_unavailable_fanout',
  'bot_unavailable_fanout',
  'hosted_unavailable_fanout',
])

/** `now`: epoch milliseconds. */
export function withheldIn({ attrs, content }: BinaryNode, now: number): Withheld {
  const type = (Array.isArray(content) ? content : []).find(({ tag }) => tag === 'unavailable')?.attrs.type ?? ''
  const isOld = Math.floor(now / 1000) - Number(attrs.t) > PLACEHOLDER_MAX_AGE_SECONDS
  return { viewOnce: type.startsWith(viewOnce) ? true : null, asked: !notAskedFor.has(type) && !isOld }
}
