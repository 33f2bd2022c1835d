// For whom, and until when, stanzas are not taken in ahead: what Baileys answers by writing keys, it answers before the next stanza of that
// sender is looked at. Pure.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { bareJid } from '../../convert/jid.ts'
import type { LookAheadEnd } from './traced-stanzas.ts'

/** Of what is no message. lib/Socket/messages-recv.js */
export function endByKind({ tag, attrs }: BinaryNode): LookAheadEnd {
  // sendMessagesAgain makes the session of the peer anew.
  if (tag === 'receipt') return attrs.type === 'retry' ? 'sender' : 'nobody'
  if (tag !== 'notification') return 'nobody'
  // Pairs of addresses, of whomever it names.
  if (attrs.type === 'mex') return 'everybody'
  // handleIdentityChange makes the session of the peer anew; the server's own is about our pre-keys.
  return attrs.type === 'encrypt' && attrs.from !== 's.whatsapp.net' ? 'sender' : 'nobody'
}

/** Under each address that the stanza gives for whoever wrote it. */
export const sendersOf = ({ attrs }: BinaryNode): readonly string[] =>
  [attrs.participant ?? attrs.from, attrs.participant_pn, attrs.participant_lid, attrs.sender_pn, attrs.sender_lid].flatMap(
    address => (address === undefined ? [] : [bareJid(address)]),
  )
