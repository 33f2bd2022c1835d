// What a companion asks and changes about groups. A change is told to every linked device of everybody who is in the group, whoever made it.
import { randomBytes } from 'node:crypto'
import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Contact, Group } from '../accounts/accounts.ts'
import { applyChange, type GroupChange, groupNode, tellChange } from '../accounts/change-group.ts'
import type { Companion, World } from '../accounts/world.ts'
import { attr, bytes, child, children, findChild, node, required, secondsNow } from '../connection/stanza.ts'
import { refusal } from './refusal.ts'

type Answer = BinaryNode[] | undefined
type Asked = { world: World; by: Contact; group: Group; request: BinaryNode }

/** As whatsmeow's errors.go and group.go know them; which of them comes when is said in simulator/README.md. */
const refusals = {
  noAdmin: 403,
  notInGroup: 403,
  noGroup: 404,
  tooLong: 406,
  isIn: 409,
  isAnother: 409,
  revoked: 406,
  notAsking: 404,
} as const
const maxSubject = 100

export function answerGroups(world: World, { account }: Companion, iq: BinaryNode): Answer {
  const by = account.owner.contact
  const request = required(children(iq)[0], 'something asked of groups')
  const to = attr(iq, 'to')
  if (to === '@g.us') return answerAll({ world, by, request, isSet: iq.attrs.type === 'set' })
  const group = world.accounts.groupById(to)
  if (group === undefined) return refusal(refusals.noGroup)
  if (!isIn(group, by)) return refusal(refusals.notInGroup)
  return iq.attrs.type === 'get' ? answerRead({ world, by, group, request }) : answerChange({ world, by, group, request })
}

const isIn = ({ members }: Group, { pn }: Contact): boolean => members.some(member => member.pn === pn)
const isAdmin = ({ admins }: Group, { lidJid }: Contact): boolean => admins.includes(lidJid)

type OfAll = Omit<Asked, 'group'> & { isSet: boolean }

function answerAll(of: OfAll): Answer {
  const { world, by, request } = of
  switch (request.tag) {
    case 'participating': {
      const own = world.accounts.groups().filter(group => isIn(group, by))
      return [node('groups', {}, own.map(groupNode))]
    }
    case 'create':
      return create(of)
    case 'leave':
      return [
        node(
          'leave',
          {},
          children(request, 'group').map(one => leave(of, attr(one, 'id'))),
        ),
      ]
    case 'invite':
      return invited(of)
    default:
      return undefined
  }
}

function create({ world, by, request }: OfAll): Answer {
  const asked = children(request, 'participant').map(one => ({ one, who: world.accounts.personOf(attr(one, 'jid'))?.contact }))
  const subject = attr(request, 'subject')
  if (subject.length > maxSubject) return refusal(refusals.tooLong)
  const members = [by, ...asked.flatMap(({ who }) => who ?? [])]
  const group = world.accounts.group({ subject, members, admins: [by.lidJid], creator: by.lidJid })
  tellChange(world, { group, by, change: { kind: 'create' } })
  const { attrs, content } = groupNode(group)
  const unknown = asked
    .filter(({ who }) => who === undefined)
    .map(({ one }) => node('participant', { ...one.attrs, error: '404' }))
  return [node('group', attrs, [...(Array.isArray(content) ? content : []), ...unknown])]
}

function leave({ world, by }: OfAll, id: string): BinaryNode {
  const group = world.accounts.groupById(id)
  if (group === undefined || !isIn(group, by)) return node('group', { id, error: String(refusals.noGroup) })
  applyAndTell(world, { group, by, change: { kind: 'leave', people: [by] } })
  return node('group', { id })
}

/** Reads the group of a link, or joins it. */
function invited({ world, by, request, isSet }: OfAll): Answer {
  const group = world.accounts.groups().find(({ inviteCode }) => inviteCode === attr(request, 'code'))
  if (group === undefined) return refusal(refusals.revoked)
  if (!isSet) return [groupNode(group)]
  if (isIn(group, by)) return refusal(refusals.isIn)
  const approval = group.settings.membership_approval_mode
  if (approval !== undefined && findChild(approval, 'group_join')?.attrs.state === 'on') {
    applyAndTell(world, { group, by, change: { kind: 'joinRequested', people: [by], method: 'invite_link' } })
    return [node('membership_approval_request', { jid: group.id })]
  }
  applyAndTell(world, { group, by, change: { kind: 'add', people: [by], reason: 'invite' } })
  return [node('group', { jid: group.id })]
}

function answerRead({ world, by, group, request }: Asked): Answer {
  switch (request.tag) {
    case 'query':
      return [groupNode(group)]
    case 'invite':
      if (!isAdmin(group, by)) return refusal(refusals.noAdmin)
      return [node('invite', { code: group.inviteCode ?? newCode(world, group) })]
    case 'membership_approval_requests':
      if (!isAdmin(group, by)) return refusal(refusals.noAdmin)
      return [node(request.tag, {}, group.asking.map(requestNode))]
    default:
      return undefined
  }
}

const requestNode = ({ lidJid, pnJid }: Contact) =>
  node('membership_approval_request', {
    ...{ jid: lidJid, phone_number: pnJid, request_method: 'InviteLink', request_time: secondsNow() },
  })

/** Nobody is told of a group's first code. */
function newCode(world: World, group: Group): string {
  const inviteCode = randomBytes(11).toString('hex')
  world.accounts.state.groups.set(group.id, { ...group, inviteCode })
  return inviteCode
}

/** What its admins alone change, or everybody where it is not locked. */
function answerChange(of: Asked): Answer {
  const { world, by, group, request } = of
  const isForAll = (request.tag === 'add' && mayAdd(group)) || (details.includes(request.tag) && !group.settings.locked)
  if (!isForAll && !isAdmin(group, by)) return refusal(refusals.noAdmin)
  if (['add', 'remove', 'promote', 'demote'].includes(request.tag)) return changePeople(of)
  if (request.tag === 'membership_requests_action') return answerRequests(of)
  if (request.tag === 'invite') {
    const code = randomBytes(11).toString('hex')
    applyAndTell(world, { group, by, change: { kind: 'invite', code } })
    return [node('invite', { code })]
  }
  const change = changeOf(request)
  if (change === null) return undefined
  if (change.kind === 'description' && request.attrs.prev !== group.settings.description?.attrs.id)
    return refusal(refusals.isAnother)
  if (change.kind === 'subject' && change.subject.length > maxSubject) return refusal(refusals.tooLong)
  applyAndTell(world, { group, by, change })
  return undefined
}

const details = ['subject', 'description', 'ephemeral', 'not_ephemeral']
const mayAdd = ({ settings }: Group): boolean => String(settings.member_add_mode?.content ?? '') === 'all_member_add'

/** null: none that is known. */
function changeOf(request: BinaryNode): GroupChange | null {
  switch (request.tag) {
    case 'subject':
      return { kind: 'subject', subject: bytes(request).toString() }
    case 'description': {
      const body = findChild(request, 'body')
      return { kind: 'description', description: body === undefined ? null : bytes(body).toString() }
    }
    case 'announcement':
    case 'not_announcement':
      return { kind: 'announce', on: request.tag === 'announcement' }
    case 'locked':
    case 'unlocked':
      return { kind: 'restrict', on: request.tag === 'locked' }
    case 'membership_approval_mode':
      return { kind: 'joinApproval', on: attr(child(request, 'group_join'), 'state') === 'on' }
    case 'member_add_mode':
      return { kind: 'memberAdd', everybody: bytes(request).toString() === 'all_member_add' }
    case 'ephemeral':
      return { kind: 'ephemeral', seconds: Number(attr(request, 'expiration')) }
    case 'not_ephemeral':
      return { kind: 'ephemeral', seconds: 0 }
    default:
      return null
  }
}

type Judged = { one: BinaryNode; who: Contact | undefined; error: string | undefined }

function changePeople(of: Asked): Answer {
  const { world, by, group, request } = of
  const judged = children(request, 'participant').map(one => judge(of, one))
  const people = judged.flatMap(({ who, error }) => (error === undefined && who !== undefined ? [who] : []))
  const kind = request.tag as 'add' | 'remove' | 'promote' | 'demote'
  if (people.length > 0) applyAndTell(world, { group, by, change: { kind, people } })
  return [node(request.tag, {}, judged.map(personNode))]
}

function judge({ world, group, request }: Asked, one: BinaryNode): Judged {
  const who = world.accounts.personOf(attr(one, 'jid'))?.contact
  const refused = who === undefined ? '404' : (group.refuses[who.pn] ?? undefined)
  if (who === undefined || request.tag !== 'add')
    return { one, who, error: who !== undefined && isIn(group, who) ? undefined : '404' }
  return { one, who, error: isIn(group, who) ? '409' : refused }
}

const personNode = ({ one, who, error }: Judged) =>
  node('participant', { ...one.attrs, jid: who?.lidJid ?? attr(one, 'jid'), phone_number: who?.pnJid, error })

function answerRequests({ world, by, group, request }: Asked): Answer {
  const [action] = children(request)
  const tag = required(action, 'an action').tag
  const judged = children(required(action, 'an action'), 'participant').map((one): Judged => {
    const who = world.accounts.personOf(attr(one, 'jid'))?.contact
    return { one, who, error: group.asking.some(({ pn }) => pn === who?.pn) ? undefined : String(refusals.notAsking) }
  })
  const people = judged.flatMap(({ who, error }) => (error === undefined && who !== undefined ? [who] : []))
  if (people.length > 0)
    applyAndTell(world, { group, by, change: tag === 'approve' ? { kind: 'add', people } : { kind: 'joinRevoked', people } })
  return [node(request.tag, {}, [node(tag, {}, judged.map(personNode))])]
}

function applyAndTell(world: World, of: { group: Group; by: Contact; change: GroupChange }): void {
  const before = of.group
  const group = applyChange(world, of)
  tellChange(world, { ...of, group, before })
}
