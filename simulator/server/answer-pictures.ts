// What a companion asks and changes about pictures: its account's own, those that others show, and those of groups, which everybody there is told of.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { tellChange } from '../accounts/change-group.ts'
import { profileOf } from '../accounts/profile.ts'
import { pictureHost, pictureId, setPicture } from '../accounts/set-picture.ts'
import type { Companion, World } from '../accounts/world.ts'
import { attr, bytes, child, findChild, node } from '../connection/stanza.ts'
import { refusal } from './refusal.ts'

/** Without a target it is the account's own. */
export function answerPicture(world: World, companion: Companion, iq: BinaryNode): BinaryNode[] | undefined {
  const { target = companion.account.owner.contact.lidJid } = iq.attrs
  if (iq.attrs.type === 'set')
    return world.accounts.groupById(target) === undefined ? setOfPerson(world, target, iq) : setOfGroup(world, companion, iq)
  const person = world.accounts.personOf(target)
  if (person !== undefined && profileOf(world, person.contact).isHidden) return refusal(401)
  const picture = world.accounts.pictureOf(target)
  if (picture === undefined) return refusal(404)
  const { id, path } = picture
  const type = attr(child(iq, 'picture'), 'type')
  return [node('picture', { id, type, url: `https://${pictureHost}${path}`, direct_path: path })]
}

function setOfPerson(world: World, target: string, iq: BinaryNode): BinaryNode[] {
  const of = world.accounts.personOf(target)?.contact
  if (of === undefined) return refusal(404)
  const image = findChild(iq, 'picture')
  if (image !== undefined && !isJpeg(image)) return refusal(406)
  setPicture(world, of, image === undefined ? null : bytes(image))
  const { id } = world.accounts.pictureOf(target) ?? {}
  return id === undefined ? [] : [node('picture', { id })]
}

function setOfGroup(world: World, { account }: Companion, iq: BinaryNode): BinaryNode[] | undefined {
  const by = account.owner.contact
  const group = world.accounts.groupById(iq.attrs.target ?? '')
  if (group === undefined) return undefined
  if (!group.members.some(({ pn }) => pn === by.pn)) return refusal(403)
  if (group.settings.locked && !group.admins.includes(by.lidJid)) return refusal(403)
  const image = findChild(iq, 'picture')
  if (image !== undefined && !isJpeg(image)) return refusal(406)
  const id = image === undefined ? null : pictureId()
  world.accounts.setPicture(group.id, id === null || image === undefined ? null : { id, path: world.cdn.put(bytes(image)) })
  tellChange(world, { group, by, change: { kind: 'picture', pictureId: id } })
  return id === null ? undefined : [node('picture', { id, type: 'image' })]
}

const isJpeg = (image: BinaryNode): boolean => bytes(image).subarray(0, 3).toString('hex') === 'ffd8ff'
