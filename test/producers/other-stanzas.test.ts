// Calls, channels, those blocked and presence, each from its stanza alone.
import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { convertCall } from '../../src/convert/convert-call.ts'
import { convertMessage } from '../../src/convert/convert-message.ts'
import { convertPresence } from '../../src/convert/convert-presence.ts'
import { convertNotification } from '../../src/convert/notifications/notifications.ts'
import { readStanza } from '../../src/convert/stanza-identity.ts'

const own = { pn: '5511900000001@s.whatsapp.net', lid: '100@lid' }
const group = '120363000000000001@g.us'
const channel = '120363000000000009@newsletter'
const [ana, anaPn] = ['200@lid', '5511900000011@s.whatsapp.net']
const receivedAt = 1_700_000_001_000

const node = (tag: string, attrs: Record<string, string> = {}, content?: BinaryNode['content']): BinaryNode =>
  content === undefined ? { tag, attrs } : { tag, attrs, content }
const read = (stanza: BinaryNode) => readStanza(stanza, { instanceId: 'first', own })
const originOf = (stanza: BinaryNode) => ({
  stanza: read(stanza),
  ...{ ordinal: { part: 0, index: 0 }, raw: Buffer.from('whole'), receivedAt },
})
const call = (steps: BinaryNode['content'], attrs: Record<string, string> = {}) => {
  const stanza = node('call', { id: 'S', from: ana, t: '1700000000', ...attrs }, steps)
  return convertCall(stanza, originOf(stanza))
}
const notify = (type: string, content: BinaryNode['content'], attrs: Record<string, string> = {}) => {
  const stanza = node('notification', { id: 'N', type, from: 's.whatsapp.net', t: '1700000000', ...attrs }, content)
  return convertNotification({ node: stanza, origin: originOf(stanza), own }, `notification ${type}`)
}
const of = { 'call-id': 'C', 'call-creator': ana, caller_pn: anaPn }

const steps: readonly [string, BinaryNode, string, boolean | null][] = [
  ['offer', node('offer', of, [node('audio')]), 'offer', false],
  ['offer with video', node('offer', of, [node('audio'), node('video')]), 'offer', true],
  ['notice of video', node('offer_notice', { ...of, media: 'video' }), 'offer', true],
  ['notice', node('offer_notice', { ...of, media: 'audio' }), 'offer', false],
  ['preaccept', node('preaccept', of), 'ringing', null],
  ['accept', node('accept', of), 'accepted', null],
  ['reject', node('reject', of), 'rejected', null],
  ['timeout', node('timeout', of), 'missed', null],
  ['terminate', node('terminate', of), 'ended', null],
  ['terminate, not answered', node('terminate', { ...of, reason: 'timeout' }), 'missed', null],
  ['terminate, accepted elsewhere', node('terminate', { ...of, reason: 'accepted_elsewhere' }), 'accepted', null],
  ['terminate, rejected elsewhere', node('terminate', { ...of, reason: 'rejected_elsewhere' }), 'rejected', null],
  ['terminate for a new reason', node('terminate', { ...of, reason: 'moonrise' }), 'ended', null],
]
test.each(steps)('[B1] a call’s %s is one call.updated', (_, step, status, video) => {
  const { offers, ignored } = call([step])
  expect(offers).toMatchObject([
    {
      ...{ type: 'call.updated', callId: 'C', status, video, chatId: ana, chatPn: anaPn, senderId: ana, senderPn: anaPn },
      ...{ groupId: null, isGroup: false, messageId: 'S', occurredAt: 1_700_000_000_000 },
    },
  ])
  expect(ignored).toBeNull()
})

test('[B1] a call of a group is in its chat', () => {
  const { offers } = call([node('offer', { ...of, 'group-jid': group, type: 'group' })])
  expect(offers).toMatchObject([{ chatId: group, chatPn: null, groupId: group, isGroup: true, senderId: ana, senderPn: anaPn }])
  expect(call([node('offer', { ...of, type: 'group' })]).offers).toMatchObject([{ chatId: ana, groupId: null, isGroup: true }])
  expect(call([node('offer', { ...of, 'group-jid': 'x@y' })]).offers).toMatchObject([{ type: 'unknown' }])
})

test('[B1] what keeps a call’s media flowing is ignored by name, and what is not known is kept whole', () => {
  for (const tag of ['transport', 'relaylatency', 'enc_rekey', 'flowcontrol', 'heartbeat'])
    expect(call([node(tag, of)])).toEqual({ offers: [], ignored: `call ${tag}` })
  const odd = [
    undefined,
    [],
    'x',
    [node('offer')],
    [node('sparkle', of)],
    [node('constructor', of)],
    [node('offer', of), node('x')],
  ]
  for (const content of odd) expect(call(content).offers).toMatchObject([{ type: 'unknown', name: 'call' }])
})

const mex = (said: unknown, attrs: Record<string, string> = {}) => [node('update', attrs, Buffer.from(JSON.stringify(said)))]
const answer = (name: string, said: object) => mex({ data: { [`xwa2_notify_newsletter_${name}`]: said } })
const meta = { thread_metadata: { name: { text: 'Notícias', id: '1' }, description: { text: '' } } }

const channels: readonly [string, BinaryNode[], object][] = [
  ['a new name', answer('on_metadata_update', { id: channel, ...meta }), { name: 'Notícias', description: '' }],
  [
    'that it is followed',
    answer('on_join', {
      id: '120363000000000009',
      viewer_metadata: { role: 'SUBSCRIBER', mute: 'ON' },
      state: { type: 'ACTIVE' },
    }),
    { role: 'subscriber', muted: true, state: 'active' },
  ],
  ['that it is not any more', answer('on_leave', { id: channel, role: 'GUEST' }), { role: 'guest' }],
  ['that it is muted', answer('on_mute_change', { id: channel, mute: 'OFF' }), { muted: false }],
  ['that it is no more', answer('on_state_change', { id: channel, state: { type: 'DELETED' } }), { state: 'deleted' }],
  [
    'a name as it was said before',
    mex({ operation: 'NotificationNewsletterUpdate', updates: [{ jid: channel, settings: { name: 'Notícias' } }] }),
    { name: 'Notícias' },
  ],
]
test.each(channels)('[B1] of a channel, %s is a newsletter.updated', (_, content, fields) => {
  expect(notify('mex', content)).toMatchObject([
    { type: 'newsletter.updated', chatId: channel, newsletterId: channel, ...fields, authorId: null },
  ])
})

test('[B1] a channel’s own notification says its settings, and the account’s place in it', () => {
  const settings = node('settings', {}, [node('name', {}, 'A'), node('description', {}, Buffer.from('B'))])
  const from = { from: channel, participant: ana }
  expect(notify('newsletter', [node('update', {}, [settings])], from)).toMatchObject([
    { type: 'newsletter.updated', chatId: channel, name: 'A', description: 'B', authorId: ana },
  ])
  const role = (jid: string) => notify('newsletter', [node('participant', { jid, action: 'promote', role: 'ADMIN' })], from)
  expect(role(own.pn)).toMatchObject([{ type: 'newsletter.updated', role: 'admin' }])
  expect(role(ana)).toMatchObject([{ type: 'unknown' }])
})

test('[B1] what is said of channels otherwise is kept whole', () => {
  const nothing = [
    ...[undefined, [], 'x', [node('update')], [node('update', {}, Buffer.from('{"data":'))], [node('update', {}, '[1]')]],
    ...[
      mex({ data: null }),
      mex({ data: { xwa2_notify_newsletter_on_join: null } }),
      mex({ data: { constructor: { id: channel } } }),
    ],
    ...[answer('on_join', { id: ana }), answer('on_leave', { id: 5, role: {} }), answer('on_mute_change', { id: channel })],
    ...[mex({ operation: 'Other', updates: [{ jid: channel, settings: { name: 'x' } }] }), mex({ updates: 'x' })],
    mex({ data: { xwa2_notify_newsletter_on_metadata_update: { id: channel, ...meta }, sparkle: { id: channel } } }),
  ]
  for (const content of nothing) expect(notify('mex', content)).toMatchObject([{ type: 'unknown', name: 'notification mex' }])
  for (const tag of ['reaction', 'view', 'live_updates', 'message'])
    expect(notify('newsletter', [node(tag)], { from: channel })).toMatchObject([{ type: 'unknown' }])
})

test('[B1] whom the account blocks is told of one by one, in the chat with them', () => {
  const item = (jid: string, action: string, attrs: Record<string, string> = {}) => node('item', { jid, action, ...attrs })
  const blocked = (items: BinaryNode['content']) =>
    notify('account_sync', [node('blocklist', { dhash: 'h' }, items)], { from: own.pn })
  expect(blocked([item(ana, 'block', { pn_jid: anaPn }), item('5511900000012@s.whatsapp.net', 'unblock')])).toMatchObject([
    { type: 'blocklist.updated', contactId: ana, contactPn: anaPn, chatId: ana, chatPn: anaPn, on: true, fromMe: true },
    { contactId: '5511900000012@s.whatsapp.net', contactPn: '5511900000012@s.whatsapp.net', on: false, origin: 'change' },
  ])
  for (const items of [undefined, [], [item(ana, 'ponder')], [item(ana, 'block'), node('item')]])
    expect(blocked(items)).toMatchObject([{ type: 'unknown', name: 'notification account_sync' }])
  expect(notify('account_sync', [node('privacy')])).toMatchObject([{ type: 'unknown' }])
})

const presence: readonly [string, BinaryNode, object | null][] = [
  ['there', node('presence', { from: ana }), { state: 'available', lastSeenAt: null }],
  [
    'not there',
    node('presence', { from: ana, type: 'unavailable', last: '1700000000' }),
    { state: 'unavailable', lastSeenAt: 1_700_000_000_000 },
  ],
  ['not there, and hides since when', node('presence', { from: ana, type: 'unavailable', last: 'deny' }), { lastSeenAt: null }],
  ['writing', node('chatstate', { from: ana }, [node('composing')]), { state: 'composing' }],
  ['recording', node('chatstate', { from: ana }, [node('composing', { media: 'audio' })]), { state: 'recording' }],
  ['not writing any more', node('chatstate', { from: ana }, [node('paused')]), { state: 'paused' }],
  ['nothing', node('chatstate', { from: ana }), null],
  ['something new', node('chatstate', { from: ana }, [node('constructor')]), null],
  ['nobody', node('presence'), null],
]
test.each(presence)('[B1] somebody is %s', (_, stanza, said) => {
  const event = convertPresence(stanza, read(stanza), receivedAt)
  if (said === null) expect(event).toBeNull()
  else
    expect(event).toMatchObject({
      type: 'presence.updated',
      chatId: ana,
      senderId: ana,
      occurredAt: receivedAt,
      isGroup: false,
      ...said,
    })
})

test('[B1] who writes in a group is its sender', () => {
  const stanza = node('chatstate', { from: group, participant: ana }, [node('composing')])
  expect(convertPresence(stanza, read(stanza), receivedAt)).toMatchObject({ chatId: group, senderId: ana, isGroup: true })
})

const timerOf = (ephemeralExpiration: number | undefined, attrs: Record<string, string>) => {
  const stanza = read(node('message', { id: 'M', t: '1700000000', ...attrs }))
  const type = proto.Message.ProtocolMessage.Type.EPHEMERAL_SETTING
  const message = { protocolMessage: { type, ...(ephemeralExpiration !== undefined && { ephemeralExpiration }) } }
  const plaintext = proto.Message.encode(message).finish()
  return convertMessage({
    stanza,
    part: 0,
    plaintext,
    isPadded: false,
    receivedAt,
    aliases: [],
    ownId: null,
    ignores: () => false,
  })
}
test('[B1] a chat’s timer is chat.updated whoever set it; one of a group, a broadcast or a channel is not said so', () => {
  const said = { type: 'chat.updated', chatId: ana, isGroup: false, origin: 'change' }
  expect(timerOf(86_400, { from: ana })).toMatchObject([{ ...said, expiresInSeconds: 86_400, fromMe: false }])
  expect(timerOf(0, { from: own.lid, recipient: ana })).toMatchObject([{ ...said, expiresInSeconds: 0, fromMe: true }])
  expect(timerOf(undefined, { from: ana })).toMatchObject([{ ...said, expiresInSeconds: 0 }])
  for (const [seconds, attrs] of [
    [86_400, { from: group, participant: ana }],
    [86_400, { from: 'status@broadcast', participant: ana }],
    [86_400, { from: '1700000000@broadcast', participant: ana }],
    [86_400, { from: '120363000000000009@newsletter' }],
    [4_294_967_295, { from: ana }],
  ] as const)
    expect(timerOf(seconds, attrs)).toMatchObject([{ type: 'unknown', name: 'message: protocolMessage EPHEMERAL_SETTING' }])
})
