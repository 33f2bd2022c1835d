// What a companion changes of its account's words, and asks and changes of its privacy.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { profileOf, setProfile } from '../accounts/profile.ts'
import type { Companion, World } from '../accounts/world.ts'
import { bytes, child, children, findChild, node, secondsNow } from '../connection/stanza.ts'

export function answerAbout(world: World, { account }: Companion, iq: BinaryNode): BinaryNode[] {
  const about = bytes(child(iq, 'status')).toString()
  setProfile(world, account.owner.contact, { about, aboutAt: secondsNow() })
  return []
}

export function answerTimer(world: World, { account }: Companion, iq: BinaryNode): BinaryNode[] {
  setProfile(world, account.owner.contact, { timer: child(iq, 'disappearing_mode').attrs.duration ?? null })
  return []
}

const categories = ['last', 'online', 'profile', 'status', 'readreceipts', 'groupadd', 'calladd']

/** All of them, after the change where it is one. */
export function answerPrivacy(world: World, { account }: Companion, iq: BinaryNode): BinaryNode[] {
  const { contact } = account.owner
  // Tokens that let somebody see a picture are set here, too.
  const set = iq.attrs.type === 'set' ? findChild(iq, 'privacy') : undefined
  for (const { attrs } of set === undefined ? [] : children(set, 'category'))
    setProfile(world, contact, { privacy: { ...profileOf(world, contact).privacy, [attrs.name ?? '']: attrs.value ?? '' } })
  const { privacy } = profileOf(world, contact)
  return [
    node(
      'privacy',
      {},
      categories.map(name => node('category', { name, value: privacy[name] ?? 'all' })),
    ),
  ]
}
