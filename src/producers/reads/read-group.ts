// A group as WhatsApp has it now, in the words of group.updated.
import { groupsListed } from '../../convert/notifications/group-list.ts'
import type { SaidOf } from '../../instances/socket-answers.ts'
import type { Acting } from '../socket/acting.ts'

/** Rejects with WhatsApp's code: 404 where there is none, 403 where the account is not in it. */
export async function readGroup(acting: Acting, groupId: string): Promise<SaidOf<'group'>> {
  const [listed] = groupsListed([await acting.groupMetadata(groupId)])
  if (listed === undefined) throw new Error('asking for a group: expected a group with its participants, got none')
  const { subject, description, ownerId, ownerPn, createdAt, parentGroupId, participants, ...rest } = listed.fields
  return {
    ...{ subject: subject ?? null, description: description ?? null, ownerId: ownerId ?? null, ownerPn: ownerPn ?? null },
    createdAt: typeof createdAt === 'number' ? new Date(createdAt).toISOString() : null,
    ...{ announce: rest.announce === true, restrict: rest.restrict === true, memberAdd: rest.memberAdd === true },
    ...{ expiresInSeconds: rest.expiresInSeconds ?? 0, isCommunity: rest.isCommunity === true },
    parentGroupId: parentGroupId || null,
    participants: (participants ?? []).map(({ id, pn, role }) => ({ id, pn: pn ?? null, role: role ?? null })),
  }
}
