// What is said of groups, calls, channels and those blocked, for each golden body: as the stanzas that say it.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { proto } from '@whiskeysockets/baileys'
import { convertCall } from '../../../src/convert/convert-call.ts'
import { convertNotification } from '../../../src/convert/notifications/notifications.ts'
import { readStanza } from '../../../src/convert/stanza-identity.ts'
import { aGroup, somebody, somebodyElse, testStartAt, us } from '../events.ts'
import { type GoldenCase, one, placed, said, saidAt } from './golden-events.ts'

const own = { pn: us.pn, lid: us.lid }
const node = (tag: string, attrs: Record<string, string> = {}, content?: BinaryNode['content']): BinaryNode =>
  content === undefined ? { tag, attrs } : { tag, attrs, content }
const originOf = (stanza: BinaryNode) => ({
  stanza: readStanza(stanza, { instanceId: 'shop', own }),
  ...{ ordinal: { part: 0, index: 0 }, raw: Buffer.from('raw'), receivedAt: testStartAt + 5 },
})

function notified(attrs: Record<string, string>, change: BinaryNode) {
  const stanza = node('notification', { id: '3EB0A1', t: saidAt, ...attrs }, [change])
  return placed(convertNotification({ node: stanza, origin: originOf(stanza), own }, 'notification')[0])
}
const inGroup = (change: BinaryNode) =>
  notified({ type: 'w:gp2', from: aGroup, participant: somebody.lid, participant_pn: somebody.pn }, change)
function called(step: BinaryNode, attrs: Record<string, string> = {}) {
  const stanza = node('call', { id: '3EB0A1', from: somebody.lid, t: saidAt, ...attrs }, [step])
  return placed(convertCall(stanza, originOf(stanza)).offers[0])
}
const person = ({ lid, pn }: typeof somebody, tag = 'participant', type?: string) =>
  node(tag, { jid: lid, phone_number: pn, ...(type !== undefined && { type }) })
const of = { 'call-id': 'C0FFEE', 'call-creator': somebody.lid, caller_pn: somebody.pn }
const made = node('group', { id: aGroup, subject: 'Turma', creation: saidAt, creator: somebody.lid, creator_pn: somebody.pn }, [
  person(somebody, 'participant', 'superadmin'),
  person(somebodyElse),
  node('announcement'),
  node('description', { id: 'D' }, [node('body', {}, Buffer.from('Aulas às seis'))]),
  node('member_add_mode', {}, Buffer.from('admin_add')),
])
const channel = '120363000000000009@newsletter'
const channelUpdate = {
  id: channel,
  state: { type: 'ACTIVE' },
  thread_metadata: { name: { text: 'Notícias' }, description: { text: 'De segunda a sexta' } },
  viewer_metadata: { role: 'SUBSCRIBER', mute: 'ON' },
}
const { Type } = proto.Message.ProtocolMessage

export const groupCases: readonly GoldenCase[] = [
  one('group.updated made', inGroup(node('create', {}, [made]))),
  one('group.updated settings', inGroup(node('membership_approval_mode', {}, [node('group_join', { state: 'on' })]))),
  one('group.participants-changed', inGroup(node('add', { reason: 'invite' }, [person(somebodyElse)]))),
  one(
    'group.join-requested',
    inGroup(node('created_membership_requests', { request_method: 'invite_link' }, [person(somebodyElse, 'requested_user')])),
  ),
  one('call.updated', called(node('offer', of, [node('audio'), node('video')]))),
  one('call.updated in a group', called(node('terminate', { ...of, 'group-jid': aGroup, reason: 'timeout' }))),
  one(
    'newsletter.updated',
    notified(
      { type: 'mex', from: 's.whatsapp.net' },
      node('update', {}, Buffer.from(JSON.stringify({ data: { xwa2_notify_newsletter_on_metadata_update: channelUpdate } }))),
    ),
  ),
  one(
    'blocklist.updated',
    notified(
      { type: 'account_sync', from: us.pn },
      node('blocklist', {}, [node('item', { jid: somebody.lid, pn_jid: somebody.pn, action: 'block' })]),
    ),
  ),
  one(
    'chat.updated timer',
    said({ protocolMessage: { type: Type.EPHEMERAL_SETTING, key: { remoteJid: somebody.lid }, ephemeralExpiration: 604_800 } }),
  ),
]
