// What a companion asks and changes about pictures: of groups that it is in, which everybody there is told.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { tellChange } from '../accounts/change-group.ts'
import { pictureHost, pictureId } from '../accounts/set-picture.ts'
import type { Companion, World } from '../accounts/world.ts'
import { attr, bytes, findChild, node } from '../connection/stanza.ts'
import { refusal } from './refusal.ts'

export function answerPicture(world: World, companion: Companion, iq: BinaryNode): BinaryNode[] | undefined {
  if (iq.attrs.type === 'set') return setOfGroup(world, companion, iq)
  const picture = world.accounts.pictureOf(attr(iq, 'target'))
  if (picture === undefined) return refusal(404)
  const { id, path } = picture
  return [node('picture', { id, type: 'image', url: `https://${pictureHost}${path}`, direct_path: path })]
}

/** An account's own is taken without a word. */
function setOfGroup(world: World, { account }: Companion, iq: BinaryNode): BinaryNode[] | undefined {
  const by = account.owner.contact
  const group = world.accounts.groupById(iq.attrs.target ?? '')
  if (group === undefined) return undefined
  if (!group.members.some(({ pn }) => pn === by.pn)) return refusal(403)
  if (group.settings.locked && !group.admins.includes(by.lidJid)) return refusal(403)
  const image = findChild(iq, 'picture')
  if (image !== undefined && bytes(image).subarray(0, 3).toString('hex') !== 'ffd8ff') return refusal(406)
  const id = image === undefined ? null : pictureId()
  world.accounts.setPicture(group.id, id === null || image === undefined ? null : { id, path: world.cdn.put(bytes(image)) })
  tellChange(world, { group, by, change: { kind: 'picture', pictureId: id } })
  return id === null ? undefined : [node('picture', { id, type: 'image' })]
}
