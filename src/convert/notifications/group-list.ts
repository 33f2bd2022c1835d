// The groups of a list, as Baileys reads them (lib/Socket/groups.js extractGroupMetadata). What else its events say of groups was a notification
// before. Whether an admin has to let people in is not taken from it: Baileys says so wherever the setting is named, also where it is off.

import { bareJid, isGroup } from '../jid.ts'
import { intOf, numberOf } from '../kinds/body.ts'
import { pairOf } from '../stanza-identity.ts'
import { type GroupFields, inOrder } from './group-fields.ts'
import type { GroupPerson } from './group-people.ts'

export type ListedGroup = { groupId: string; fields: GroupFields }

type Json = Readonly<Record<string, unknown>>

/** Of a list, or of an event of Baileys (groups.update): only what is listed has participants. Never throws. */
export function groupsListed(payload: unknown): readonly ListedGroup[] {
  if (!Array.isArray(payload)) return []
  return payload.flatMap((item: unknown) => {
    const group: Json = typeof item === 'object' && item !== null ? { ...item } : {}
    const { id, participants } = group
    const isListed = typeof id === 'string' && isGroup(id) && Array.isArray(participants)
    return isListed ? [{ groupId: id, fields: fieldsOf(group, participants) }] : []
  })
}

function fieldsOf(group: Json, participants: readonly unknown[]): GroupFields {
  const owner = typeof group.owner === 'string' ? pairOf(group.owner, [], textsOf(group.ownerPn)) : null
  const parent = typeof group.linkedParent === 'string' ? bareJid(group.linkedParent) : ''
  return {
    ...(typeof group.subject === 'string' && group.subject !== '' && { subject: group.subject }),
    description: typeof group.desc === 'string' ? group.desc : '',
    ...(owner && { ownerId: owner.id, ownerPn: owner.pn }),
    createdAt: createdAtOf(group.creation),
    ...{ announce: group.announce === true, restrict: group.restrict === true, memberAdd: group.memberAddMode === true },
    expiresInSeconds: typeof group.ephemeralDuration === 'number' ? intOf(group.ephemeralDuration) : 0,
    ...{ isCommunity: group.isCommunity === true, parentGroupId: parent },
    participants: inOrder(participants.flatMap(one => personOf(one) ?? [])),
  }
}

function createdAtOf(seconds: unknown): number | null {
  const said = typeof seconds === 'number' ? numberOf(seconds) : null
  return said !== null && said > 0 && said < 1e12 ? said * 1000 : null
}

function personOf(participant: unknown): GroupPerson | null {
  const { id, lid, phoneNumber, admin }: Json = typeof participant === 'object' && participant !== null ? { ...participant } : {}
  if (typeof id !== 'string' || id === '') return null
  const address = pairOf(id, textsOf(lid), textsOf(phoneNumber))
  return { id: address.id, pn: address.pn, role: typeof admin === 'string' && admin !== '' ? admin : null }
}

const textsOf = (value: unknown): readonly string[] => (typeof value === 'string' ? [value] : [])
