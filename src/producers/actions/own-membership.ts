// Whether the account is in a group, as WhatsApp has it.
import { bareJid, isOwn } from '../../convert/jid.ts'
import { peopleIn } from '../../convert/notifications/group-people.ts'
import type { Acting } from '../socket/acting.ts'
import { readGroup } from './ask-group.ts'
import type { Person } from './people-of-group.ts'
import { ActionRefused } from './refusal.ts'

export async function isMember(acting: Acting, groupId: string): Promise<boolean> {
  try {
    const people = peopleIn(await readGroup(acting, groupId), 'participant')
    return people.some(person => isOwnPerson(acting, person))
  } catch (error) {
    if (error instanceof ActionRefused && isGone(error.code)) return false
    throw error
  }
}

/** WhatsApp knows no such group, or not for this account. */
export const isGone = (code: string | null): boolean => ['401', '403', '404'].includes(code ?? '')

export const isOwnPerson = (acting: Acting, { id, pn }: Person): boolean =>
  isOwnAddress(acting, id) || (pn != null && isOwnAddress(acting, pn))

export function isOwnAddress(acting: Acting, jid: string): boolean {
  const { me } = acting.authState.creds
  return isOwn(jid, { pn: me === undefined ? null : bareJid(me.id), lid: me?.lid === undefined ? null : bareJid(me.lid) })
}
