// A group is made. WhatsApp gives it an id of its own, and nothing in it says which try made it: where no answer came, such a group may be this one.
import { createHash } from 'node:crypto'
import type { BinaryNode } from '@whiskeysockets/baileys'
import { groupIdIn } from '../../convert/notifications/group-fields.ts'
import { childOf, childrenOf, instantIn } from '../../convert/notifications/nodes.ts'
import type { BodyOf } from '../../events/operations.ts'
import type { Acting } from '../socket/acting.ts'
import type { Action } from './action.ts'
import { allGroups, askGroup, groupIn } from './ask-group.ts'
import { describe } from './change-group.ts'
import { toAdd } from './change-participants.ts'
import { isOwnAddress, isOwnPerson } from './own-membership.ts'
import { findOnWhatsApp, outcomesIn, outcomesOf, participantNodes } from './people-of-group.ts'
import type { Meanings } from './refusal.ts'

type Body = BodyOf<'group.create'>

export const makeGroup: Action<Body> = {
  pace: 'changes',
  perform: async (acting, body) => {
    const { jids, missing } = await findOnWhatsApp(acting, body.participants)
    const content = await participantNodes(acting, jids)
    const about = { tag: 'create', attrs: { subject: body.subject, key: keyOf(body) }, content }
    const group = childOf(await askGroup(acting, { type: 'set', to: allGroups, about, meanings }), 'group')
    const groupId = group === null ? null : groupIdIn(group)
    if (group === null || groupId === null) throw new Error('making a group: expected its id in WhatsApp’s answer, got none')
    const others = outcomesIn(group, toAdd).filter(person => !isOwnPerson(acting, person))
    return {
      ...{ groupId, subject: groupIn(group).subject ?? body.subject },
      participants: [...others, ...outcomesOf(missing, '404', toAdd)],
      isDescribed: body.description ? await isDescribed(acting, groupId, body.description) : null,
    }
  },
  afterSilence: async (acting, body) => ((await mayBeThere(acting, body)) ? { isDone: null } : { isDone: false }),
}

const notAllowed = { reason: 'not-allowed', text: 'WhatsApp does not let the account make this group.' } as const
const meanings: Meanings = { '401': notAllowed, '403': notAllowed }

/** WhatsApp's apps draw one for each group that they make; the tries of one command have the same. */
const keyOf = (body: Body): string => createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 32).toUpperCase()

const describeTimeoutMs = 5_000

/** The group is there, whatever becomes of this: false where WhatsApp did not say that it took it. */
const isDescribed = (acting: Acting, groupId: string, description: string): Promise<boolean> =>
  askGroup(acting, {
    ...{ type: 'set', to: groupId, about: describe({ description, before: null }) },
    timeoutMs: describeTimeoutMs,
  }).then(
    () => true,
    () => false,
  )

/** As clocks may differ. */
const marginMs = 60 * 60 * 1000

/** A group that is called so, which the account made since. */
async function mayBeThere(acting: Acting, { subject, askedAt }: Body): Promise<boolean> {
  const content = ['participants', 'description'].map(tag => ({ tag, attrs: {} }))
  const about = { tag: 'participating', attrs: {}, content }
  const groups = childOf(await askGroup(acting, { type: 'get', to: allGroups, about }), 'groups')
  const isIt = ({ attrs }: BinaryNode) =>
    attrs.subject === subject &&
    (instantIn(attrs.creation) ?? Number.POSITIVE_INFINITY) >= askedAt - marginMs &&
    [attrs.creator, attrs.creator_pn].some(jid => jid === undefined || isOwnAddress(acting, jid))
  return (groups === null ? [] : childrenOf(groups)).some(isIt)
}
