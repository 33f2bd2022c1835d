// What a companion asks and changes of pictures, words and privacy: its account's own, and what others show.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { profileOf, setProfile } from '../accounts/profile.ts'
import { pictureHost, setPicture } from '../accounts/set-picture.ts'
import type { Companion, World } from '../accounts/world.ts'
import { attr, bytes, child, children, findChild, node, secondsNow } from '../connection/stanza.ts'

const notFound = () => [node('error', { code: '404', text: 'item-not-found' })]
const notAuthorized = () => [node('error', { code: '401', text: 'not-authorized' })]

/** Without a target it is the account's own. */
export function answerPicture(world: World, { account }: Companion, iq: BinaryNode): BinaryNode[] {
  const { target = account.owner.contact.lidJid } = iq.attrs
  if (iq.attrs.type === 'set') return takePicture(world, target, iq)
  const person = world.accounts.personOf(target)
  if (person !== undefined && profileOf(world, person.contact).isHidden) return notAuthorized()
  const picture = world.accounts.pictureOf(target)
  if (picture === undefined) return notFound()
  const { id, path } = picture
  const type = attr(child(iq, 'picture'), 'type')
  return [node('picture', { id, type, url: `https://${pictureHost}${path}`, direct_path: path })]
}

function takePicture(world: World, target: string, iq: BinaryNode): BinaryNode[] {
  const of = world.accounts.groupById(target) ?? world.accounts.personOf(target)?.contact
  if (of === undefined) return notFound()
  const picture = findChild(iq, 'picture')
  setPicture(world, of, picture === undefined ? null : bytes(picture))
  const { id } = world.accounts.pictureOf(target) ?? {}
  return id === undefined ? [] : [node('picture', { id })]
}

export function answerAbout(world: World, { account }: Companion, iq: BinaryNode): BinaryNode[] {
  const about = bytes(child(iq, 'status')).toString()
  setProfile(world, account.owner.contact, { about, aboutAt: secondsNow() })
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
