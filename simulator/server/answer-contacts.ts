// What a companion asks and changes about people.
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Companion } from '../accounts/world.ts'
import { attr, child, node } from '../connection/stanza.ts'

/** The whole list, after the change where it is one: by LID, as the server keeps it. */
export function answerBlocklist({ account }: Companion, iq: BinaryNode): BinaryNode[] {
  if (iq.attrs.type === 'set') {
    const item = child(iq, 'item')
    if (attr(item, 'action') === 'block') account.blocked.add(attr(item, 'jid'))
    else account.blocked.delete(attr(item, 'jid'))
  }
  return [
    node(
      'list',
      {},
      [...account.blocked].map(jid => node('item', { jid })),
    ),
  ]
}
