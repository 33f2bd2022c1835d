// What a companion cannot write, and to whom: who is not on WhatsApp or was blocked, groups that it is not in or that are for admins alone, and what
// only these do there.
import { type BinaryNode, isJidGroup, isLidUser, isPnUser } from '@whiskeysockets/baileys'
import { refusalIn } from '../accounts/group-authority.ts'
import type { Companion, World } from '../accounts/world.ts'
import { attr } from '../connection/stanza.ts'

/** The error of its ack; null: it may. Where each is from, simulator/README.md says. */
export function refusalOf(world: World, companion: Companion, stanza: BinaryNode): number | null {
  const to = attr(stanza, 'to')
  if (isJidGroup(to)) return refusalOfGroup(world, companion, stanza)
  return isPnUser(to) || isLidUser(to) ? refusalOfPerson(world, companion, to) : null
}

const refusals = { notOnWhatsApp: 479, blocked: 403, noGroup: 404, notInGroup: 403, adminsOnly: 401 } as const

function refusalOfPerson(world: World, { account: { blocked } }: Companion, to: string): number | null {
  const person = world.accounts.personOf(to)?.contact
  if (person === undefined) return refusals.notOnWhatsApp
  return blocked.has(person.lidJid) || blocked.has(person.pnJid) ? refusals.blocked : null
}

function refusalOfGroup(world: World, { account: { owner } }: Companion, stanza: BinaryNode): number | null {
  const { lidJid, pn } = owner.contact
  const group = world.accounts.groupById(attr(stanza, 'to'))
  if (group === undefined) return refusals.noGroup
  if (!group.members.some(member => member.pn === pn)) return refusals.notInGroup
  if (refusalIn(group, owner.contact, stanza.attrs.edit) !== null) return refusals.adminsOnly
  return group.settings.announcement && !group.admins.includes(lidJid) ? refusals.adminsOnly : null
}
