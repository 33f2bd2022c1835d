// Who asks to be let into a group, and what an admin answers.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { addressIn, peopleIn } from '../../convert/notifications/group-people.ts'
import { childOf, childrenOf, instantIn } from '../../convert/notifications/nodes.ts'
import type { BodyOf } from '../../events/operations.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import type { Acting } from '../socket/acting.ts'
import type { Action } from './action.ts'
import { askGroup, readGroup } from './ask-group.ts'
import { areAllDone, findAmong, outcomesIn, outcomesOf, type Statuses } from './people-of-group.ts'

/** Lists what nobody else keeps: events tell of each request as it comes. */
export const readJoinRequests: Action<BodyOf<'group.read-join-requests'>> = {
  pace: 'marks',
  perform: async (acting, { groupId }) => ({ requests: (await requestsOf(acting, groupId)).map(requestIn) }),
  afterSilence: 'again',
}

async function requestsOf(acting: Acting, to: string): Promise<readonly BinaryNode[]> {
  const tag = 'membership_approval_requests'
  const list = childOf(await askGroup(acting, { type: 'get', to, about: { tag, attrs: {} } }), tag)
  return (list === null ? [] : childrenOf(list)).filter(({ attrs }) => attrs.jid)
}

function requestIn({ attrs }: BinaryNode) {
  const askedAt = instantIn(attrs.request_time)
  return {
    ...addressIn(attrs),
    method: attrs.request_method?.toLowerCase() ?? null,
    requestedAt: askedAt === null ? null : isoInstant(askedAt),
  }
}

const statuses: Statuses = { '404': 'not-asking', '409': 'already-in' }

export const answerJoinRequests: Action<BodyOf<'group.answer-join-requests'>> = {
  pace: 'changes',
  perform: async (acting, { groupId: to, action, participants }) => {
    const { jids, missing } = await findAmong(acting, (await requestsOf(acting, to)).map(requestIn), participants)
    const nobody = outcomesOf(missing, '404', statuses)
    if (jids.length === 0) return { participants: nobody }
    const people = jids.map(jid => ({ tag: 'participant', attrs: { jid } }))
    const tag = 'membership_requests_action'
    const about = { tag, attrs: {}, content: [{ tag: action, attrs: {}, content: people }] }
    const answered = childOf(await askGroup(acting, { type: 'set', to, about }), tag)
    return { participants: [...outcomesIn(answered && childOf(answered, action), statuses), ...nobody] }
  },
  /** Nobody asks any more: they are in it, or are not. Who still asks is answered again. */
  afterSilence: async (acting, { groupId, action, participants }) => {
    const asking = await findAmong(acting, (await requestsOf(acting, groupId)).map(requestIn), participants)
    if (asking.jids.length > 0) return { isDone: false }
    const { missing } = await findAmong(acting, peopleIn(await readGroup(acting, groupId), 'participant'), participants)
    const isSo = action === 'approve' ? missing.length === 0 : missing.length === participants.length
    return isSo ? { isDone: true, result: { participants: areAllDone(participants) } } : { isDone: null }
  },
}
