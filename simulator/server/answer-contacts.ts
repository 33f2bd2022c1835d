// What a companion asks and changes about people.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { profileOf } from '../accounts/profile.ts'
import type { Companion, World } from '../accounts/world.ts'
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

/** Nothing, where it is nobody's business. */
export function answerBusiness(world: World, iq: BinaryNode): BinaryNode[] {
  const jid = attr(child(child(iq, 'business_profile'), 'profile'), 'jid')
  const person = world.accounts.personOf(jid)
  const business = person === undefined ? null : profileOf(world, person.contact).business
  if (business === null) return [node('business_profile', {})]
  const { category, ...texts } = business
  const said = Object.entries(texts).map(([tag, text]) => node(tag, {}, Buffer.from(text)))
  const categories = node('categories', {}, [node('category', { id: '1' }, Buffer.from(category))])
  return [node('business_profile', {}, [node('profile', { jid }, [...said, categories])])]
}
