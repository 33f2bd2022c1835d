// /group: what the read model has of groups, and what is asked of them.
import { z } from 'zod'
import {
  type GroupAnswer,
  type GroupWithPeople,
  getGroup,
  listGroups,
  listGroupsWithPeople,
  type Page,
} from '../../projections/read-model/queries.ts'
import { chatAddress } from '../chat-address.ts'
import type { App } from '../create-app.ts'
import { demandInstance } from '../instances/read-instances.ts'
import { Problem } from '../problems.ts'
import { type EvolutionDeps, routeCall } from './evolution-call.ts'

/** With or without @g.us. */
const ofGroup = z.object({ groupJid: chatAddress })

export function routeGroupCalls(scope: App, deps: EvolutionDeps): void {
  routeCall(scope, {
    ...{ method: 'GET', path: 'group/findGroupInfos', query: ofGroup },
    answer: async ({ instanceId, query }) => {
      const found = await findGroup(deps, instanceId, query.groupJid)
      return { ...shownOf(found), participants: peopleIn(found) }
    },
  })
  routeCall(scope, {
    ...{ method: 'GET', path: 'group/participants', query: ofGroup },
    answer: async ({ instanceId, query }) => ({ participants: peopleIn(await findGroup(deps, instanceId, query.groupJid)) }),
  })
  routeCall(scope, {
    ...{ method: 'GET', path: 'group/fetchAllGroups', query: z.object({ getParticipants: z.enum(['true', 'false']) }) },
    answer: async ({ instanceId, query }) => {
      await demandInstance(deps.database, instanceId)
      if (query.getParticipants === 'false')
        return (await everyGroup(cursor => listGroups(deps.database, { instanceId, limit: 200, ...cursor }))).map(shownOf)
      const all = await everyGroup(cursor => listGroupsWithPeople(deps.database, { instanceId, limit: 200, ...cursor }))
      return all.map(one => ({ ...shownOf(one), participants: peopleIn(one) }))
    },
  })
}

/** Throws Problem. */
async function findGroup({ database }: EvolutionDeps, instanceId: string, groupId: string) {
  await demandInstance(database, instanceId)
  const found = await getGroup(database, { instanceId, groupId })
  if (found === null) throw new Problem('group-not-found', `instance ${instanceId} knows no group ${groupId}`)
  return found
}

/** Those that the account is in: it has no pages. */
async function everyGroup<Group extends GroupAnswer>(
  read: (from: { cursor?: string }) => Promise<Page<Group>>,
): Promise<readonly Group[]> {
  const groups: Group[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await read(cursor === undefined ? {} : { cursor })
    groups.push(...page.data)
    cursor = page.nextCursor
  }
  return groups.filter(({ left }) => !left)
}

const shownOf = (group: GroupAnswer) => ({
  ...{ id: group.groupId, subject: group.subject, pictureUrl: null, size: group.participantCount },
  creation: group.createdAt === null ? null : Math.floor(Date.parse(group.createdAt) / 1000),
  ...{ owner: group.ownerId, desc: group.description, restrict: group.restrict, announce: group.announce },
  ...{ isCommunity: group.isCommunity, linkedParent: group.parentGroupId },
})

/** As Baileys has them: whoever is not known by a LID is by the number alone. */
const peopleIn = ({ participants }: GroupWithPeople) =>
  participants.map(({ id, pn, role, name }) => ({
    id,
    ...numberBeside({ id, pn }),
    admin: role === 'member' ? null : role,
    name,
  }))

export const numberBeside = ({ id, pn }: { id: string; pn: string | null }) => (id === pn ? {} : { phoneNumber: pn })
