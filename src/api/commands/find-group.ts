// Who is in a group, and whether the account is one of its admins, as the read model has it.
import { getGroup, ownAddressesOf } from '../../projections/read-model/queries.ts'
import type { Of } from './complete-body.ts'
import { refuseField } from './find-message.ts'

type Where = Pick<Of, 'database' | 'instanceId'>
type Person = { id: string; pn: string | null; role: string; isOwn: boolean }

/** Everybody but the account, for who mentions all, which `field` of the body asks for. Throws Problem where nobody else is known to be in it. */
export async function everybodyIn(of: Of, groupId: string, field: string): Promise<{ participants: string[] }> {
  const others = (await peopleIn(of, groupId)).filter(({ isOwn }) => !isOwn).map(({ id }) => id)
  if (others.length === 0) throw refuseField(field, 'a group whose participants zaplog knows', `true, in ${groupId}`)
  return { participants: others }
}

export async function isAdminIn(of: Of, groupId: string): Promise<boolean> {
  const role = await ownRoleIn(of, groupId)
  return role !== null && role !== 'member'
}

/** null: the account is not known to be in it. */
export const ownRoleIn = async (of: Where, groupId: string): Promise<string | null> =>
  (await peopleIn(of, groupId)).find(({ isOwn }) => isOwn)?.role ?? null

/** Empty where nothing is known of it. */
async function peopleIn({ database, instanceId }: Where, groupId: string): Promise<readonly Person[]> {
  const [group, own] = await Promise.all([getGroup(database, { instanceId, groupId }), ownAddressesOf(database, instanceId)])
  return (group?.participants ?? []).map(({ id, pn, role }) => ({
    ...{ id, pn, role },
    isOwn: id === own.lid || id === own.pn || (pn !== null && pn === own.pn),
  }))
}
