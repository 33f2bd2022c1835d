// Only who may change a message changes it: decided before anything is made of the change.
import { proto } from '@whiskeysockets/baileys'
import { describe, expect, test } from 'vitest'
import { convertMessage } from '../../src/convert/convert-message.ts'
import { readMessage } from '../../src/convert/read-message.ts'
import { type Address, readStanza } from '../../src/convert/stanza-identity.ts'

const own = { pn: '5511900000001@s.whatsapp.net', lid: '100@lid' }
const ana = { lid: '200@lid', pn: '5511900000011@s.whatsapp.net' }
const bea = { lid: '201@lid', pn: '5511900000012@s.whatsapp.net' }
const group = '1203@g.us'
const { Type } = proto.Message.ProtocolMessage
type Attrs = Record<string, string>

/** `authors`: whose secrets are known under the id of the target. */
type Knowing = { aliases?: readonly string[]; authors?: readonly Address[] }

function convertContent(content: proto.IMessage, attrs: Attrs, { aliases = [], authors = [] }: Knowing = {}) {
  const stanza = readStanza({ tag: 'message', attrs: { id: 'M', t: '1700000000', ...attrs } }, { instanceId: 'first', own })
  const wrapped = stanza.fromMe && !stanza.isGroup ? { deviceSentMessage: { message: content } } : content
  const plaintext = proto.Message.encode(wrapped).finish()
  const receivedAt = 1_700_000_001_000
  const part = { stanza, part: 0, plaintext, isPadded: false, receivedAt, aliases, ownId: own.lid, ignores: () => false }
  const known = authors.map(author => ({ author, secret: Buffer.alloc(32), options: [] }))
  return convertMessage(part, readMessage(part), () => known)
}
const convert = (protocolMessage: proto.Message.IProtocolMessage, attrs: Attrs, knowing?: Knowing) =>
  convertContent({ protocolMessage }, attrs, knowing)
const revoke = (key: proto.IMessageKey, attrs: Attrs, knowing?: Knowing) =>
  convert({ type: Type.REVOKE, key: { id: 'TARGET', ...key } }, { edit: '7', ...attrs }, knowing)
const edit = (key: proto.IMessageKey, attrs: Attrs, knowing?: Knowing) =>
  convert(
    { type: Type.MESSAGE_EDIT, key: { id: 'TARGET', ...key }, editedMessage: { conversation: 'new' } },
    { edit: '1', ...attrs },
    knowing,
  )

const inGroup = { from: group, participant: ana.lid, participant_pn: ana.pn }
const revokedOwn = { type: 'message.revoked', targetMessageId: 'TARGET', targetSenderId: null }
const refusedRevoke = { type: 'unknown', name: 'message: revoke without authority', messageId: 'M' }
const refusedEdit = { type: 'unknown', name: 'message: edit without authority', messageId: 'M' }

describe('in a group', () => {
  test('[B9] a member revokes only its own, by whichever of its addresses', () => {
    for (const participant of [ana.lid, ana.pn, '200:3@lid', '5511900000011:3@s.whatsapp.net'])
      expect(revoke({ participant, fromMe: false }, inGroup)).toMatchObject([revokedOwn])
    expect(revoke({ fromMe: true }, inGroup)).toMatchObject([revokedOwn])
    expect(revoke({}, inGroup)).toMatchObject([revokedOwn])
  })

  test.each(['7', '1', '2', '3', '88', ''])('[B9] a member that names another’s message with edit=%s revokes nothing', code => {
    for (const participant of [bea.lid, bea.pn, own.lid, 'nonsense'])
      for (const fromMe of [true, false])
        expect(revoke({ participant, fromMe, remoteJid: group }, { ...inGroup, edit: code })).toMatchObject([refusedRevoke])
  })

  test('[B9] an admin’s revoke, which WhatsApp’s server checks, names whose message it was', () => {
    expect(revoke({ participant: '201:1@lid', remoteJid: group }, { ...inGroup, edit: '8' })).toMatchObject([
      { type: 'message.revoked', targetMessageId: 'TARGET', targetSenderId: bea.lid },
    ])
    expect(revoke({ participant: ana.lid }, { ...inGroup, edit: '8' })).toMatchObject([revokedOwn])
  })

  test('[B9] somebody whose other address only the instance knows revokes its own', () => {
    const byLid = { from: group, participant: ana.lid }
    expect(revoke({ participant: ana.pn }, byLid)).toMatchObject([refusedRevoke])
    expect(revoke({ participant: ana.pn }, byLid, { aliases: [ana.lid, ana.pn] })).toMatchObject([revokedOwn])
  })

  test('[B9] nobody edits what somebody else wrote, an admin neither', () => {
    expect(edit({ participant: ana.lid }, inGroup)).toMatchObject([{ type: 'message.edited', text: 'new' }])
    for (const code of ['1', '3', '8'])
      expect(edit({ participant: bea.lid }, { ...inGroup, edit: code })).toMatchObject([refusedEdit])
  })
})

test('[B9] a pin in a group is one only where its stanza says so, which WhatsApp’s server checks; between two people it always is', () => {
  const pin = (attrs: Attrs) => convertContent({ pinInChatMessage: { key: { id: 'TARGET', fromMe: true }, type: 1 } }, attrs)
  expect(pin({ ...inGroup, edit: '2' })).toMatchObject([{ type: 'message.pinned', targetMessageId: 'TARGET' }])
  for (const code of ['', '1', '7', '8', '22'])
    expect(pin({ ...inGroup, edit: code })).toMatchObject([{ type: 'unknown', name: 'message: pin without authority' }])
  expect(pin(inGroup)).toMatchObject([{ type: 'unknown', name: 'message: pin without authority' }])
  expect(pin({ from: ana.lid, sender_pn: ana.pn })).toMatchObject([{ type: 'message.pinned' }])
})

describe('between two people', () => {
  const fromAna = { from: ana.lid, sender_pn: ana.pn }

  test('[B9] the other one revokes and edits its own', () => {
    for (const key of [{ fromMe: true }, {}, { participant: ana.pn, fromMe: false }]) {
      expect(revoke(key, fromAna)).toMatchObject([revokedOwn])
      expect(edit(key, fromAna)).toMatchObject([{ type: 'message.edited', targetMessageId: 'TARGET', text: 'new' }])
    }
  })

  test('[B9] the other one changes nothing of ours, whatever it calls itself', () => {
    for (const key of [{ fromMe: false }, { participant: own.lid, fromMe: true }, { participant: own.pn }])
      for (const code of ['7', '8']) {
        expect(revoke(key, { ...fromAna, edit: code })).toMatchObject([refusedRevoke])
        expect(edit(key, { ...fromAna, edit: code })).toMatchObject([refusedEdit])
      }
  })

  test('[B9] our phone changes what is ours alone', () => {
    const fromUs = { from: own.lid, recipient: ana.lid }
    expect(revoke({ fromMe: true, remoteJid: ana.lid }, fromUs)).toMatchObject([{ ...revokedOwn, fromMe: true, chatId: ana.lid }])
    expect(revoke({ fromMe: false, remoteJid: ana.lid }, fromUs)).toMatchObject([refusedRevoke])
    expect(edit({ fromMe: false, remoteJid: ana.lid }, fromUs)).toMatchObject([refusedEdit])
  })
})

test('[B9] in status and broadcast lists nobody revokes another’s message; a channel’s messages are its own', () => {
  for (const from of ['status@broadcast', '1781870949@broadcast']) {
    expect(revoke({ participant: ana.lid }, { from, participant: ana.lid })).toMatchObject([revokedOwn])
    expect(revoke({ participant: bea.lid }, { from, participant: ana.lid, edit: '8' })).toMatchObject([refusedRevoke])
  }
  expect(revoke({}, { from: '1203@newsletter', edit: '8' })).toMatchObject([revokedOwn])
  for (const key of [{}, { fromMe: false }])
    expect(edit(key, { from: '1203@newsletter', edit: '3' })).toMatchObject([{ type: 'message.edited' }])
})

test('[B5] [B9] a change without authority is kept whole', () => {
  const key = { id: 'TARGET', participant: bea.lid }
  const [refused] = revoke(key, inGroup)
  expect(refused?.raw).toEqual(Buffer.from(proto.Message.encode({ protocolMessage: { type: Type.REVOKE, key } }).finish()))
})

describe('where it is known who wrote under the id', () => {
  const byAna = { authors: [{ id: ana.lid, pn: ana.pn }] }
  const byBea = { authors: [{ id: bea.lid, pn: bea.pn }] }
  const editedOwn = { type: 'message.edited', targetMessageId: 'TARGET', text: 'new' }
  /** Each calls the message the sender's own. */
  const keys = [{ fromMe: true }, { fromMe: true, remoteJid: group }, {}, { participant: ana.lid }]

  test('[B9] nobody changes what is known to be another’s, whatever the key says; one’s own one does', () => {
    for (const key of keys) {
      expect(edit(key, inGroup, byBea)).toMatchObject([refusedEdit])
      expect(revoke(key, inGroup, byBea)).toMatchObject([refusedRevoke])
      expect(edit(key, inGroup, byAna)).toMatchObject([editedOwn])
      expect(revoke(key, inGroup, byAna)).toMatchObject([revokedOwn])
    }
  })

  test('[B9] between two people the other one changes nothing that is known to be ours', () => {
    const [fromAna, byUs] = [{ from: ana.lid, sender_pn: ana.pn }, { authors: [{ id: own.lid, pn: own.pn }] }]
    expect(edit({ fromMe: true }, fromAna, byUs)).toMatchObject([refusedEdit])
    expect(revoke({ fromMe: true }, fromAna, byUs)).toMatchObject([refusedRevoke])
    expect(revoke({ fromMe: true }, { from: own.pn, recipient: ana.lid }, byUs)).toMatchObject([{ ...revokedOwn, fromMe: true }])
  })

  test('[B9] whoever wrote under another’s id as well changes its own', () => {
    const both = { authors: [...byBea.authors, ...byAna.authors] }
    expect(edit({ fromMe: true }, inGroup, both)).toMatchObject([editedOwn])
    expect(revoke({ fromMe: true }, inGroup, both)).toMatchObject([revokedOwn])
  })

  test('[B9] an admin’s revoke is of whose message it is, and not of whom the key names', () => {
    const theirs = { type: 'message.revoked', targetMessageId: 'TARGET', targetSenderId: bea.lid }
    for (const key of [{ fromMe: true }, { participant: own.lid }, { participant: bea.lid }])
      expect(revoke(key, { ...inGroup, edit: '8' }, byBea)).toMatchObject([theirs])
  })

  test('[B9] a pin names who wrote what is pinned', () => {
    const pin = (key: proto.IMessageKey, knowing?: Knowing) =>
      convertContent({ pinInChatMessage: { key: { id: 'TARGET', ...key }, type: 1 } }, { ...inGroup, edit: '2' }, knowing)
    for (const key of [{ fromMe: true }, { participant: own.lid }, { participant: bea.lid }])
      expect(pin(key, byBea)).toMatchObject([{ type: 'message.pinned', targetSenderId: bea.lid }])
    expect(pin({ fromMe: true }, byAna)).toMatchObject([{ targetSenderId: ana.lid }])
    expect(pin({ participant: own.lid })).toMatchObject([{ targetSenderId: own.lid }])
  })

  test('[B9] a channel’s messages are its own, whoever of it wrote', () => {
    expect(edit({}, { from: '1203@newsletter', edit: '3' }, byBea)).toMatchObject([editedOwn])
  })
})
