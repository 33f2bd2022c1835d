// What a group is called, says of itself and lets people do: only what differs is changed, one question for each, so that a try that is repeated
// goes on where the one before ended.
import { type BinaryNode, generateMessageIDV2 } from '@whiskeysockets/baileys'
import { childOf } from '../../convert/notifications/nodes.ts'
import { type GroupChanges, groupChanges } from '../../events/operations/groups.ts'
import type { BodyOf } from '../../events/operations.ts'
import type { Action } from './action.ts'
import { askGroup, groupIn, readGroup } from './ask-group.ts'
import { takeSteps } from './take-steps.ts'

type Body = BodyOf<'group.update'>

export const changeGroup: Action<Body> = {
  pace: 'changes',
  perform: async (acting, body) => {
    const to = body.groupId
    const changes = differing(body, await readGroup(acting, to))
    const steps = changes.map(({ name, about }) => ({ name, take: () => askGroup(acting, { type: 'set', to, about }) }))
    return { changed: await takeSteps(steps) }
  },
  afterSilence: async (acting, body) => {
    const left = differing(body, await readGroup(acting, body.groupId))
    return left.length === 0 ? { isDone: true, result: null } : { isDone: false }
  },
}

type Change = { name: keyof GroupChanges; about: BinaryNode }

/** In the order of the call's fields. */
function differing(body: Body, group: BinaryNode): readonly Change[] {
  const now = groupIn(group)
  const before = childOf(group, 'description')?.attrs.id ?? null
  return names.flatMap(name => {
    if (body[name] === undefined || body[name] === (now[name] ?? null)) return []
    return [{ name, about: nodeOf({ ...body, [name]: body[name] }, name, before) }]
  })
}

const isName = (name: string): name is keyof GroupChanges => Object.hasOwn(groupChanges, name)
const names = Object.keys(groupChanges).filter(isName)

function nodeOf(to: GroupChanges, name: keyof GroupChanges, before: string | null): BinaryNode {
  switch (name) {
    case 'subject':
      return { tag: 'subject', attrs: {}, content: Buffer.from(to.subject ?? '') }
    case 'description':
      return describe({ description: to.description ?? '', before })
    case 'announce':
      return flag(to.announce === true ? 'announcement' : 'not_announcement')
    case 'restrict':
      return flag(to.restrict === true ? 'locked' : 'unlocked')
    case 'joinApproval':
      return {
        tag: 'membership_approval_mode',
        attrs: {},
        content: [flag('group_join', { state: to.joinApproval ? 'on' : 'off' })],
      }
    case 'memberAdd':
      return { tag: 'member_add_mode', attrs: {}, content: to.memberAdd ? 'all_member_add' : 'admin_add' }
    case 'expiresInSeconds':
      return to.expiresInSeconds ? flag('ephemeral', { expiration: String(to.expiresInSeconds) }) : flag('not_ephemeral')
  }
}

const flag = (tag: string, attrs: Record<string, string> = {}): BinaryNode => ({ tag, attrs })

/** `before`: the id of the description that it takes the place of, without which WhatsApp refuses it; null: there is none. */
export function describe({ description, before }: { description: string; before: string | null }): BinaryNode {
  const prev = before === null ? {} : { prev: before }
  if (description === '') return { tag: 'description', attrs: { delete: 'true', ...prev } }
  const body = { tag: 'body', attrs: {}, content: Buffer.from(description) }
  return { tag: 'description', attrs: { id: generateMessageIDV2(), ...prev }, content: [body] }
}
