// The link that lets people into a group, and joining one by such a link.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { groupIdIn } from '../../convert/notifications/group-fields.ts'
import { childOf } from '../../convert/notifications/nodes.ts'
import type { BodyOf } from '../../events/operations.ts'
import type { Acting } from '../socket/acting.ts'
import type { Action, Result } from './action.ts'
import { allGroups, askGroup } from './ask-group.ts'
import { isMember } from './own-membership.ts'
import { ActionRefused, type Meanings } from './refusal.ts'

export const readInviteLink: Action<BodyOf<'group.read-invite-link'>> = {
  pace: 'marks',
  perform: (acting, { groupId }) => linkOf(acting, groupId, 'get'),
  afterSilence: 'again',
}

/** Twice is once: the old link is dead, and nobody was told of one that came in between. */
export const revokeInviteLink: Action<BodyOf<'group.revoke-invite-link'>> = {
  pace: 'changes',
  perform: (acting, { groupId }) => linkOf(acting, groupId, 'set'),
  afterSilence: 'again',
}

async function linkOf(acting: Acting, to: string, type: 'get' | 'set'): Promise<Result> {
  const code = childOf(await askGroup(acting, { type, to, about: { tag: 'invite', attrs: {} } }), 'invite')?.attrs.code
  if (!code) throw new Error(`asking for the invite link of ${to}: expected a code in WhatsApp's answer, got none`)
  return { code, url: `https://chat.whatsapp.com/${code}` }
}

const noSuchLink = { reason: 'refused', text: 'There is no such invite link.' } as const
/** As whatsmeow's JoinGroupWithLink has them, and the field. */
const meanings: Meanings = {
  '401': { reason: 'not-allowed', text: 'The account may not join this group.' },
  '403': { reason: 'not-allowed', text: 'The account may not join this group.' },
  '404': noSuchLink,
  '406': noSuchLink,
  '409': { reason: 'refused', text: 'The account is in the group.' },
  '410': { reason: 'refused', text: 'The invite link was revoked.' },
  '419': { reason: 'refused', text: 'The group is full.' },
}

export const join: Action<BodyOf<'group.join'>> = {
  pace: 'changes',
  perform: async (acting, { invite }) => {
    try {
      const answer = await askInvite(acting, invite, 'set')
      const request = childOf(answer, 'membership_approval_request')
      return request === null ? joined(childOf(answer, 'group')) : { groupId: groupIdIn(request), status: 'requested' }
    } catch (error) {
      if (error instanceof ActionRefused && error.code === '409') return joined(await groupOf(acting, invite))
      throw error
    }
  },
  afterSilence: async (acting, { invite }) => {
    const result = joined(await groupOf(acting, invite))
    return (await isMember(acting, result.groupId)) ? { isDone: true, result } : { isDone: false }
  },
}

const askInvite = (acting: Acting, code: string, type: 'get' | 'set'): Promise<BinaryNode> =>
  askGroup(acting, { type, to: allGroups, about: { tag: 'invite', attrs: { code } }, meanings })

const groupOf = async (acting: Acting, code: string) => childOf(await askInvite(acting, code, 'get'), 'group')

function joined(group: BinaryNode | null): { groupId: string; status: 'joined' } {
  const groupId = group === null ? null : groupIdIn(group)
  if (groupId === null) throw new Error('joining a group: expected its id in WhatsApp’s answer, got none')
  return { groupId, status: 'joined' }
}
