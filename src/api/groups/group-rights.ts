// What the account may do in a group, as far as the read model knows: who is told at once need not wait for WhatsApp to say it.
import type { Transaction } from '../../database/database.ts'
import { didBringGroup } from '../../instances/commands-shown.ts'
import { type GroupAnswer, getGroup, listGroups } from '../../projections/read-model/queries.ts'
import { ownRoleIn } from '../commands/find-group.ts'
import { Problem } from '../problems.ts'

/** known: whether it is in it or not; member: in it; details: may change what it is; add: may add people; admin: one of its admins. */
export type Right = 'known' | 'member' | 'details' | 'add' | 'admin'
type Of = { database: Transaction; instanceId: string; groupId: string }

/** Throws Problem `group-not-found`, `not-in-group`, `not-group-admin`. What is not known is WhatsApp's to refuse. */
export async function demandRight(of: Of, right: Right): Promise<void> {
  const group = await getGroup(of.database, of)
  if (group === null) return demandNew(of)
  if (right === 'known') return
  if (group.deleted === true) throw notFound(of, 'which was deleted')
  if (group.left === true) throw refuse('not-in-group', of, 'is not in')
  if (!takesAdmin(group, right)) return
  if ((await ownRoleIn(of, of.groupId)) === 'member') throw refuse('not-group-admin', of, 'is no admin of')
}

function takesAdmin({ restrict, memberAdd }: GroupAnswer, right: Exclude<Right, 'known'>): boolean {
  switch (right) {
    case 'member':
      return false
    case 'details':
      return restrict === true
    case 'add':
      return memberAdd === false
    case 'admin':
      return true
  }
}

/** Of an account whose groups are known only one that a command has just brought is not among them. */
async function demandNew(of: Of): Promise<void> {
  const { data } = await listGroups(of.database, { instanceId: of.instanceId, limit: 1 })
  if (data.length > 0 && !(await didBringGroup(of.database, of))) throw notFound(of, 'that zaplog knows')
}

const notFound = ({ instanceId, groupId }: Of, which: string) =>
  new Problem('group-not-found', `instance ${instanceId} has no group ${groupId} ${which}`)

const refuse = (slug: 'not-in-group' | 'not-group-admin', { instanceId, groupId }: Of, what: string) =>
  new Problem(
    slug,
    `the account of ${instanceId} ${what} group ${groupId}, as far as zaplog knows: POST /v1/instances/${instanceId}/groups/${groupId}/refresh asks WhatsApp`,
  )
