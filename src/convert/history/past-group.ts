// What a group is, by the conversation of a history: of group.updated what is said there. Pure.
import { proto } from '@whiskeysockets/baileys'
import { bareJid } from '../jid.ts'
import { intOf, textOf } from '../kinds/body.ts'
import { type GroupFields, inOrder } from '../notifications/group-fields.ts'
import type { GroupPerson } from '../notifications/group-people.ts'
import type { HistoryContext } from './history-context.ts'
import { maxPeople } from './people.ts'
import { secondsAt } from './said-at.ts'

/** Of more people than are looked at none are told: whoever is not on the list would have left. */
export function groupFields(conversation: proto.IConversation, { pairs, toldAt }: HistoryContext): GroupFields {
  const { createdBy, parentGroupId, participant, ephemeralExpiration } = conversation
  const owner = createdBy ? pairs.addressOf(createdBy) : null
  const said = participant ?? []
  const people = said.length > maxPeople ? [] : said.flatMap(one => personIn(one, pairs) ?? [])
  return {
    subject: textOf(conversation.name) ?? textOf(conversation.displayName),
    description: conversation.description ?? null,
    ...(owner && { ownerId: owner.id, ownerPn: owner.pn }),
    createdAt: secondsAt(conversation.createdAt, toldAt),
    expiresInSeconds: intOf(ephemeralExpiration),
    isCommunity: conversation.isParentGroup ?? null,
    parentGroupId: parentGroupId ? bareJid(parentGroupId) : (parentGroupId ?? null),
    participants: people.length === 0 ? null : inOrder(people),
  }
}

const { Rank } = proto.GroupParticipant
const roles: Readonly<Record<number, string>> = {
  [Rank.REGULAR]: 'member',
  [Rank.ADMIN]: 'admin',
  [Rank.SUPERADMIN]: 'superadmin',
}

/** null: it has no address. */
function personIn({ userJid, rank }: proto.IGroupParticipant, pairs: HistoryContext['pairs']): GroupPerson | null {
  if (!userJid) return null
  return { ...pairs.addressOf(userJid), role: rank == null ? null : (roles[rank] ?? null) }
}
