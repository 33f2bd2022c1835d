// Each change that a group's notification tells of is its event; what is not known is kept whole, and nothing in a stanza is a crash.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import type { Offer } from '../../src/convert/draft.ts'
import { convertNotification } from '../../src/convert/notifications/notifications.ts'
import { readStanza } from '../../src/convert/stanza-identity.ts'

const own = { pn: '5511900000001@s.whatsapp.net', lid: '100@lid' }
const group = '120363000000000001@g.us'
const other = '120363000000000002@g.us'
const [ana, anaPn] = ['200@lid', '5511900000011@s.whatsapp.net']
const [bea, beaPn] = ['300@lid', '5511900000012@s.whatsapp.net']
const by = { participant: ana, participant_pn: anaPn }
const raw = Buffer.from('whole')

const node = (tag: string, attrs: Record<string, string> = {}, content?: BinaryNode['content']): BinaryNode =>
  content === undefined ? { tag, attrs } : { tag, attrs, content }

function convert(content: BinaryNode['content'], attrs: Record<string, string> = by): readonly Offer[] {
  const stanza = node('notification', { id: 'N', type: 'w:gp2', from: group, t: '1700000000', ...attrs }, content)
  const origin = {
    stanza: readStanza(stanza, { instanceId: 'first', own }),
    ordinal: { part: 0, index: 0 },
    ...{ raw, receivedAt: 1_700_000_001_000 },
  }
  return convertNotification({ node: stanza, origin, own }, 'notification w:gp2')
}
const person = (jid: string, attrs: Record<string, string> = {}, tag = 'participant') => node(tag, { jid, ...attrs })
const body = (text: string) => [node('body', {}, Buffer.from(text))]
const approval = (state: string) => [node('group_join', { state })]

const fields: readonly [string, BinaryNode, object][] = [
  ['subject', node('subject', { subject: 'Turma', s_t: '1' }), { subject: 'Turma' }],
  ['description', node('description', { id: 'D' }, body('Pão às 6')), { description: 'Pão às 6' }],
  ['an empty description', node('description', { id: 'D' }, [node('body')]), { description: '' }],
  ['a deleted description', node('description', { id: 'D' }, [node('delete')]), { description: '' }],
  ['announcement', node('announcement'), { announce: true }],
  ['not_announcement', node('not_announcement'), { announce: false }],
  ['locked', node('locked'), { restrict: true }],
  ['unlocked', node('unlocked'), { restrict: false }],
  ['ephemeral', node('ephemeral', { expiration: '86400', trigger: '1' }), { expiresInSeconds: 86_400 }],
  ['not_ephemeral', node('not_ephemeral'), { expiresInSeconds: 0 }],
  ['approval on', node('membership_approval_mode', {}, approval('on')), { joinApproval: true }],
  ['approval off', node('membership_approval_mode', {}, approval('off')), { joinApproval: false }],
  ['everybody adds', node('member_add_mode', {}, Buffer.from('all_member_add')), { memberAdd: true }],
  ['admins add', node('member_add_mode', {}, 'admin_add'), { memberAdd: false }],
  ['invite', node('invite', { code: 'AbC' }), { inviteCode: 'AbC' }],
  ['growth_locked', node('growth_locked', { expiration: '1', type: 'invite' }), { growthLocked: true }],
  ['growth_unlocked', node('growth_unlocked'), { growthLocked: false }],
  ['suspended', node('suspended'), { suspended: true }],
  ['unsuspended', node('unsuspended'), { suspended: false }],
  ['delete', node('delete'), { deleted: true }],
  ['link', node('link', { link_type: 'parent_group' }, [node('group', { jid: other })]), { parentGroupId: other }],
  [
    'unlink',
    node('unlink', { unlink_type: 'parent_group' }, [node('group', { id: '120363000000000002' })]),
    { parentGroupId: '' },
  ],
]

test.each(fields)('[B1] [D4] %s is a group.updated with what changed alone, and who did it', (_, child, changed) => {
  const about = { type: 'group.updated', chatId: group, groupId: group, messageId: 'N', senderId: ana, senderPn: anaPn }
  const said = { authorId: ana, authorPn: anaPn, origin: 'change', occurredAt: 1_700_000_000_000 }
  const [event, ...more] = convert([child])
  expect(event).toMatchObject({ ...about, ...said, ...changed, raw })
  expect(more).toEqual([])
  const notable = Object.keys(event ?? {}).filter(name => !(name in about) && !(name in said))
  const envelope = ['eventId', 'instanceId', 'occurredAtSaid', 'chatPn', 'fromMe', 'raw']
  expect(notable.filter(name => !envelope.includes(name))).toEqual(Object.keys(changed))
})

describe('people', () => {
  const two = [person(bea, { phone_number: beaPn, type: 'admin' }), person('5511900000013:4@s.whatsapp.net', { lid: '400@lid' })]
  const participants = [
    { id: bea, pn: beaPn, role: 'admin' },
    { id: '400@lid', pn: '5511900000013@s.whatsapp.net', role: null },
  ]
  test.each(['add', 'remove', 'promote', 'demote', 'leave', 'modify'])('[B1] [D4] %s names whom it is about', tag => {
    expect(convert([node(tag, { reason: 'invite' }, two)])).toMatchObject([
      {
        type: 'group.participants-changed',
        groupId: group,
        chatId: group,
        action: tag,
        participants,
        authorId: ana,
        reason: 'invite',
      },
    ])
  })

  test('[B1] [D4] one who removes themselves leaves, by whichever address', () => {
    const action = (jid: string, attrs: Record<string, string> = by, more: BinaryNode[] = []) =>
      convert([node('remove', {}, [person(jid), ...more])], attrs)
    expect(action(ana)).toMatchObject([{ action: 'leave' }])
    expect(action(anaPn)).toMatchObject([{ action: 'leave' }])
    expect(action('200:3@lid')).toMatchObject([{ action: 'leave' }])
    expect(action(bea)).toMatchObject([{ action: 'remove' }])
    expect(action(ana, by, [person(bea)])).toMatchObject([{ action: 'remove' }])
    expect(action(ana, {})).toMatchObject([{ action: 'remove', authorId: null, authorPn: null }])
  })

  test('[B1] 1,024 people at once are one event', () => {
    const many = Array.from({ length: 1_024 }, (_, at) =>
      person(`${1_000 + at}@lid`, { phone_number: `5511${at}@s.whatsapp.net` }),
    )
    const [event, ...more] = convert([node('add', {}, many)])
    expect(event?.type === 'group.participants-changed' && event.participants).toHaveLength(1_024)
    expect(more).toEqual([])
  })

  test('[B1] [D4] who asks to join, takes it back, or is refused', () => {
    const asked = node('created_membership_requests', { request_method: 'invite_link' })
    const both = { id: ana, pn: anaPn, role: null }
    const requested = { type: 'group.join-requested', groupId: group, chatId: group }
    expect(convert([asked])).toMatchObject([{ ...requested, action: 'created', participants: [both], method: 'invite_link' }])
    const byMember = node('created_membership_requests', { request_method: 'non_admin_add' }, [person(bea, {}, 'requested_user')])
    expect(convert([byMember])).toMatchObject([{ participants: [{ id: bea, pn: null }], method: 'non_admin_add', authorId: ana }])
    const revoked = (jid: string) => convert([node('revoked_membership_requests', {}, [person(jid)])])
    expect(revoked(ana)).toMatchObject([{ ...requested, action: 'revoked' }])
    expect(revoked(bea)).toMatchObject([{ ...requested, action: 'rejected', participants: [{ id: bea }] }])
  })
})

test('[B1] [D4] a group that was made is all that it is', () => {
  const made = node('create', { key: 'K' }, [
    node('group', { id: '120363000000000001', subject: 'Team', creation: '1600000000', creator: ana, creator_pn: anaPn }, [
      person(bea, { phone_number: beaPn }),
      person(ana, { type: 'superadmin' }),
      node('announcement'),
      node('description', { id: 'D' }, body('hi')),
      node('ephemeral', { expiration: '604800' }),
      node('membership_approval_mode', {}, approval('off')),
      node('member_add_mode', {}, Buffer.from('admin_add')),
      node('linked_parent', { jid: other }),
    ]),
  ])
  const participants = [
    { id: ana, pn: null, role: 'superadmin' },
    { id: bea, pn: beaPn, role: null },
  ]
  expect(convert([made])).toMatchObject([
    {
      ...{ type: 'group.updated', subject: 'Team', ownerId: ana, ownerPn: anaPn, createdAt: 1_600_000_000_000, announce: true },
      ...{ restrict: false, description: 'hi', expiresInSeconds: 604_800, joinApproval: false, memberAdd: false },
      ...{ isCommunity: false, parentGroupId: other, participants },
    },
  ])
})

test('[B1] [B2] each change of one notification is its own event with its own id, the same at each delivery; the first has its bytes', () => {
  const changes = [node('subject', { subject: 'A' }), node('locked'), node('add', {}, [person(bea)]), node('locked')]
  const events = convert(changes)
  expect(events.map(({ type }) => type)).toEqual([
    ...['group.updated', 'group.updated'],
    ...['group.participants-changed', 'group.updated'],
  ])
  expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(4)
  expect(convert(changes)).toEqual(events)
  expect(events.map(event => 'raw' in event && event.raw !== null)).toEqual([true, false, false, false])
})

test('[B1] [D4] in a community each of its groups is told of, in its own chat', () => {
  const groups = [node('group', { jid: other }), node('group', { id: '120363000000000003' })]
  expect(convert([node('link', { link_type: 'sub_group' }, groups)])).toMatchObject([
    { groupId: other, chatId: other, parentGroupId: group },
    { groupId: '120363000000000003@g.us', parentGroupId: group },
  ])
  expect(convert([node('unlink', { unlink_type: 'sub_group' }, groups)])).toMatchObject([
    { groupId: other, parentGroupId: '' },
    { groupId: '120363000000000003@g.us', parentGroupId: '' },
  ])
})

test('[B1] [D4] a picture that was set or removed', () => {
  const of = { type: 'picture' }
  const set = node('set', { jid: group, id: '17', author: bea, author_pn: beaPn })
  expect(convert([set], of)).toMatchObject([{ type: 'group.updated', pictureId: '17', authorId: bea, authorPn: beaPn }])
  expect(convert([node('delete', { author: bea })], of)).toMatchObject([{ pictureId: '', authorId: bea, authorPn: null }])
  expect(convert([node('request')], of)).toMatchObject([{ type: 'unknown' }])
  expect(convert([set], { ...of, from: ana })).toMatchObject([{ type: 'unknown' }])
})

test('[B1] what is not known keeps the notification whole, beside what is', () => {
  const known = node('subject', { subject: 'A' })
  const [whole, subject, ...more] = convert([known, node('sparkle', {}, [node('group', { jid: other })])])
  expect(whole).toMatchObject({
    type: 'unknown',
    name: 'notification w:gp2',
    source: 'stanza',
    raw,
    chats: [group, group, other],
  })
  expect(subject).toMatchObject({ type: 'group.updated', subject: 'A', raw: null })
  expect(subject?.eventId).toBe(convert([known])[0]?.eventId)
  expect(more).toEqual([])
})

const odd: readonly (readonly [string, BinaryNode['content'], Record<string, string>?])[] = [
  ['nothing in it', undefined],
  ['no children', []],
  ['text', 'text'],
  ['bytes', Buffer.from([0xff, 0xfe])],
  ['a subject without a name', [node('subject')]],
  ['a timer that is no number', [node('ephemeral', { expiration: 'NaN' })]],
  ['a timer beyond all numbers', [node('ephemeral', { expiration: '99999999999999999999' })]],
  ['a negative timer', [node('ephemeral', { expiration: '-1' })]],
  ['nobody added', [node('add')]],
  ['somebody without address added', [node('add', {}, [node('participant')])]],
  ['a description without words', [node('description')]],
  ['an approval that is neither', [node('membership_approval_mode', {}, approval('maybe'))]],
  ['a way to add that is new', [node('member_add_mode', {}, Buffer.from('some_member_add'))]],
  ['an invite without code', [node('invite')]],
  ['a link to no group', [node('link', { link_type: 'parent_group' })]],
  ['a link of a new kind', [node('link', { link_type: 'cousin' }, [node('group', { jid: other })])]],
  ['a link to a person', [node('link', { link_type: 'parent_group' }, [node('group', { jid: ana })])]],
  ['a group that was made without a group', [node('create')]],
  ['a request of nobody', [node('created_membership_requests')], {}],
  ['a word of JavaScript', [node('constructor'), node('__proto__'), node('toString')]],
  ['another sender than a group', [node('locked')], { from: 's.whatsapp.net' }],
  ['too many changes', Array.from({ length: 1_001 }, () => node('locked'))],
]
test.each(odd.map(([what, content, attrs = by]) => ({ what, content, attrs })))(
  '[B1] $what is one unknown',
  ({ content, attrs }) => {
    expect(convert(content, attrs)).toMatchObject([{ type: 'unknown', raw }])
  },
)

test('[B1] absurd times of a group that was made are not said', () => {
  for (const creation of ['0', '-1', 'NaN', '9'.repeat(30), 'x']) {
    const made = node('create', {}, [node('group', { id: '1203', subject: 'A', creation })])
    expect(convert([made])).toMatchObject([{ type: 'group.updated', createdAt: null, participants: [] }])
  }
})

test('[B1] [B5] JSON of any depth in a notification is kept as unknown, and the group that it names at its bottom is found', () => {
  const deep = (inside: string) => `${'{"data":['.repeat(100_000)}${inside}${']}'.repeat(100_000)}`
  const [kept, ...others] = convert([node('update', {}, Buffer.from(deep(`"${other}"`)))], {
    type: 'mex',
    from: 's.whatsapp.net',
  })
  expect(others).toEqual([])
  expect(kept).toMatchObject({ type: 'unknown', raw, chats: expect.arrayContaining([other]) })
})
