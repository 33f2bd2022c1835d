// Who is in a group, and who of them is an admin. WhatsApp answers for each person; what it refuses of one stands beside what it did for others.
import { isPn } from '../../convert/jid.ts'
import { peopleIn } from '../../convert/notifications/group-people.ts'
import { childOf } from '../../convert/notifications/nodes.ts'
import type { BodyOf } from '../../events/operations.ts'
import type { Acting } from '../socket/acting.ts'
import type { Action } from './action.ts'
import { addressesOfAll } from './addresses.ts'
import { askGroup, readGroup } from './ask-group.ts'
import {
  areAllDone,
  type Found,
  findAmong,
  findOnWhatsApp,
  outcomesIn,
  outcomesOf,
  participantNodes,
  type Statuses,
} from './people-of-group.ts'

type Body = BodyOf<'group.change-participants'>

/** As whatsmeow's UpdateGroupParticipants and the field know them. */
export const toAdd: Statuses = {
  '403': 'needs-invite',
  '404': 'not-on-whatsapp',
  '408': 'left-recently',
  '409': 'already-in',
}
const toChange: Statuses = { '404': 'not-in-group' }

export const changeParticipants: Action<Body> = {
  pace: 'changes',
  perform: async (acting, body) => {
    const { groupId: to, action } = body
    const statuses = action === 'add' ? toAdd : toChange
    const { jids, missing } = await find(acting, body)
    const nobody = outcomesOf(missing, '404', statuses)
    if (jids.length === 0) return { participants: nobody }
    const about = { tag: action, attrs: {}, content: await participantNodes(acting, jids) }
    const answer = await askGroup(acting, { type: 'set', to, about })
    return { participants: [...outcomesIn(childOf(answer, action), statuses), ...nobody] }
  },
  /** Where not all are as asked they are asked for again: who is as asked already is only told so. */
  afterSilence: async (acting, body) => {
    const people = peopleIn(await readGroup(acting, body.groupId), 'participant')
    const found = await findAmong(acting, people, body.participants)
    if (!isAsAsked(people, found, body)) return { isDone: false }
    const unknown = body.action === 'remove' ? await untold(acting, people, found.missing) : found.missing
    const known = body.participants.filter(jid => !unknown.includes(jid))
    return { isDone: true, result: { participants: [...areAllDone(known), ...outcomesOf(unknown, '404', toChange)] } }
  },
}

/** Who is added is looked for on WhatsApp, anybody else in the group. */
async function find(acting: Acting, { groupId, action, participants }: Body): Promise<Found> {
  if (action === 'add') return findOnWhatsApp(acting, participants)
  return findAmong(acting, peopleIn(await readGroup(acting, groupId), 'participant'), participants)
}

type People = ReturnType<typeof peopleIn>

function isAsAsked(people: People, { jids, missing }: Found, { action }: Body): boolean {
  const found = people.filter(({ id }) => jids.includes(id))
  switch (action) {
    case 'add':
      return missing.length === 0
    case 'remove':
      return found.length === 0
    case 'promote':
      return found.every(({ role }) => role != null)
    case 'demote':
      return found.every(({ role }) => role == null)
  }
}

/** Numbers whose LID the account does not know, where the group has people by LID alone: they were not found there before, either. */
async function untold(acting: Acting, people: People, numbers: readonly string[]): Promise<readonly string[]> {
  if (people.every(({ id, pn }) => isPn(id) || pn != null)) return []
  const addressesOf = await addressesOfAll(acting, numbers)
  return numbers.filter(jid => addressesOf(jid).lid === null)
}
