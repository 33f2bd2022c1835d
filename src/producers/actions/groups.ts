// What is done about groups.
import { groupsListed } from '../../convert/notifications/group-list.ts'
import { childOf, childrenOf } from '../../convert/notifications/nodes.ts'
import type { BodyOf } from '../../events/operations.ts'
import type { Action, Standing } from './action.ts'
import { allGroups, askGroup, meaningsOfGroups, toRead } from './ask-group.ts'
import { changeGroup } from './change-group.ts'
import { changeParticipants } from './change-participants.ts'
import { join, readInviteLink, revokeInviteLink } from './group-invites.ts'
import { answerJoinRequests, readJoinRequests } from './join-requests.ts'
import { makeGroup } from './make-group.ts'
import { isGone, isMember } from './own-membership.ts'
import { ActionRefused, inWords } from './refusal.ts'
import { setPicture as givePicture } from './set-picture.ts'

const setPicture: Action<BodyOf<'group.set-picture'>> = {
  pace: 'changes',
  perform: async (acting, { groupId, image }) => {
    const given = { target: groupId, image: image === null ? null : Buffer.from(image, 'base64') }
    const notTaken = { reason: 'refused', text: 'WhatsApp does not take this picture.' } as const
    return { pictureId: await inWords(givePicture(acting, given), { ...meaningsOfGroups, '406': notTaken }) }
  },
  // The same picture is there then.
  afterSilence: 'again',
}

const leave: Action<BodyOf<'group.leave'>> = {
  pace: 'changes',
  perform: async (acting, { groupId }) => {
    const about = { tag: 'leave', attrs: {}, content: [{ tag: 'group', attrs: { id: groupId } }] }
    const left = childOf(await askGroup(acting, { type: 'set', to: allGroups, about }), 'leave')
    const error = left === null ? undefined : childrenOf(left).find(({ tag }) => tag === 'group')?.attrs.error
    if (error !== undefined && !isGone(error)) throw new ActionRefused('WhatsApp refused it.', { code: error })
    return null
  },
  afterSilence: async (acting, { groupId }) => ((await isMember(acting, groupId)) ? notDone : { isDone: true, result: null }),
}

const notDone: Standing = { isDone: false }

/** What is not as it was told is told, as a list of all groups would. */
const refresh: Action<BodyOf<'group.refresh'>> = {
  pace: 'marks',
  perform: async (acting, { groupId }) => {
    const group = await inWords(acting.groupMetadata(groupId), { ...meaningsOfGroups, ...toRead })
    acting.tellGroup(group)
    const [listed] = groupsListed([group])
    const { subject = null, participants } = listed?.fields ?? {}
    return { groupId, subject, participantCount: participants?.length ?? 0 }
  },
  afterSilence: 'again',
}

export const groupActions = {
  'group.create': makeGroup,
  'group.update': changeGroup,
  'group.set-picture': setPicture,
  'group.change-participants': changeParticipants,
  'group.read-invite-link': readInviteLink,
  'group.revoke-invite-link': revokeInviteLink,
  'group.join': join,
  'group.leave': leave,
  'group.read-join-requests': readJoinRequests,
  'group.answer-join-requests': answerJoinRequests,
  'group.refresh': refresh,
}
