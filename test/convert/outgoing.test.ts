// What is sent for each kind of body: field by field as golden-outgoing/*.json has it, which were written from Baileys' and whatsmeow's sources;
// and read back by our own conversion as what was asked for.
import { readdirSync, readFileSync } from 'node:fs'
import { proto } from '@whiskeysockets/baileys'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { convertMedia } from '../../src/convert/kinds/media.ts'
import { buildMessage } from '../../src/convert/outgoing/build-message.ts'
import { messageBody, parseKeptBody } from '../../src/events/command-bodies.ts'
import { sentOperations } from '../../src/events/operations.ts'
import { bodyOf, givenToBuild, readBack, shownOutgoing } from '../ground/convert/outgoing.ts'

const directory = new URL('golden-outgoing/', import.meta.url)
const golden = readdirSync(directory).map(name => ({
  name: name.replace(/\.json$/, ''),
  ...JSON.parse(readFileSync(new URL(name, directory), 'utf8')),
}))
const sent = (name: string) => golden.find(one => one.name === name)?.sent

test.each(golden)('[F1] $name is sent as its golden protobuf', ({ body, sent }) => {
  expect(shownOutgoing(buildMessage(parseKeptBody(body), givenToBuild))).toEqual(sent)
})

test('[F1] every kind that may be sent has a golden protobuf, and so has what sets a timer', () => {
  const kinds = [...messageBody.options, ...Object.values(sentOperations)].map(option => option.shape.kind.value)
  expect([...new Set(golden.map(({ body }) => body.kind))].toSorted()).toEqual(kinds.toSorted())
})

test.each([
  ['../../etc/passwd', '.._.._etc_passwd'],
  ['C:\\temp\\nota.pdf', 'C:_temp_nota.pdf'],
  ['photo\u202Egpj.exe', 'photogpj.exe'],
  ['a\u2066b\u2069c\u200Ed\u061Ce.pdf', 'abcde.pdf'],
  ['linha\r\num\0.pdf\u2028', 'linhaum.pdf'],
  ['half \uD800.pdf', 'half .pdf'],
  ['\uDE00\uD83D', null],
  ['Relatório: 👨‍👩‍👧 نامه‌ها.pdf', 'Relatório: 👨‍👩‍👧 نامه‌ها.pdf'],
  ['..', null],
  [' \u200B\n', null],
])('[F1] [B9] [I3] a document called %j is sent, and told of where others send it, as %j', (fileName, plain) => {
  const body = golden.find(one => one.name === 'document')?.body
  const { content } = buildMessage(parseKeptBody({ ...body, fileName }), givenToBuild)
  expect(content.documentMessage).toMatchObject({ fileName: plain ?? 'file', title: plain ?? 'file' })
  for (const document of [{ fileName }, { title: fileName }])
    expect(convertMedia({ documentMessage: document })?.media).toMatchObject({ fileName: plain })
})

test('[F1] the same body gives the same bytes, and nothing of it is drawn', () => {
  for (const { body } of golden) {
    const [one, other] = [1, 2].map(() => buildMessage(parseKeptBody(body), givenToBuild).content)
    expect(proto.Message.encode(one ?? {}).finish()).toEqual(proto.Message.encode(other ?? {}).finish())
  }
})

test('[F1] what can be edited, voted on or answered carries the secret that was given', () => {
  const changes = ['delete', 'delete by an admin', 'edit', 'pin', 'pin taken off', 'reaction', 'reaction taken back', 'timer']
  const without = [...changes, 'reaction to a status', 'status deleted'].toSorted()
  const secret = Buffer.from(givenToBuild.secret).toString('base64')
  const carrying = golden.filter(one => one.sent.content.messageContextInfo?.messageSecret === secret)
  expect(
    golden
      .filter(one => !carrying.includes(one))
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(without)
})

test('[F1] a reply to one’s own message names the account by the address that the chat knows', () => {
  const known = { quoted: { fromMe: true, senderId: null, text: 'já vai' } }
  const participantIn = (chatId: string, own = givenToBuild.own) =>
    buildMessage(bodyOf({ chatId, kind: 'text', text: 'e aí', quotedMessageId: 'Q' }, known), { ...givenToBuild, own }).content
      .extendedTextMessage?.contextInfo?.participant
  const { pn, lid } = givenToBuild.own
  expect(['5511900000011', '100000000000011@lid', '120363000000000001@g.us'].map(chat => participantIn(chat))).toEqual([
    pn,
    lid,
    lid,
  ])
  expect(participantIn('100000000000011@lid', { pn, lid: null })).toBe(pn)
})

test.each([
  [{ kind: 'text', text: 'a', quotedMessageId: 'Q' }, undefined],
  [{ kind: 'text', text: 'a', quotedMessageId: 'Q' }, { quoted: { fromMe: false, senderId: null, text: '' } }],
  [{ kind: 'reaction', targetMessageId: 'T', emoji: '👍' }, undefined],
  [{ kind: 'delete', targetMessageId: 'T' }, { target: { fromMe: false, senderId: null } }],
  [{ kind: 'forward', messageId: 'T' }, undefined],
  [{ chatId: 'status', kind: 'text', text: 'a' }, undefined],
])('[F1] %j is not built where what is known of it lacks something: %j', (asked, known) => {
  expect(() => buildMessage(bodyOf({ chatId: '120363000000000001@g.us', ...asked }, known), givenToBuild)).toThrow(
    /expected .*, got n/,
  )
})

const chats = fc.constantFrom('200@lid', '5511900000011@s.whatsapp.net', '120363000000000001@g.us')
const people = fc.uniqueArray(fc.constantFrom('201@lid', '202@lid', '5511900000012@s.whatsapp.net'), { minLength: 1 })
const words = (maxLength = 200) => fc.string({ unit: 'grapheme', minLength: 1, maxLength }).filter(text => text.isWellFormed())
const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined })
const timers = optional(fc.constantFrom(86_400, 604_800, 7_776_000))
const coordinates = {
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
}
const place = fc.record({ ...coordinates, name: words(), address: words() }, { requiredKeys: ['latitude', 'longitude'] })
/** As JSON has it: what is undefined is not there. */
const asked = (given: object): Record<string, unknown> => JSON.parse(JSON.stringify(given))

test('[F1] [B1] a text is read back with its mentions, what it replies to and its timer', () => {
  fc.assert(
    fc.property(
      chats,
      words(2_000),
      optional(people),
      optional(words(30)),
      timers,
      (chatId, text, mentions, quotedMessageId, expires) => {
        const quoted = { fromMe: false, senderId: '201@lid', text: 'antes' }
        const body = asked({ chatId, kind: 'text', text, mentions, quotedMessageId })
        const draft = readBack(bodyOf(body, { quoted, ...(expires && { expiresInSeconds: expires }) }))
        expect(draft).toMatchObject({
          ...{ type: 'message.sent', kind: 'text', chatId, text, fromMe: true, isGroup: chatId.endsWith('@g.us') },
          ...{
            mentions: mentions ?? null,
            quotedMessageId: quotedMessageId ?? null,
            expiresInSeconds: expires ?? null,
            forwarded: null,
          },
        })
      },
    ),
  )
})

test('[F1] [B1] a place is read back as it was asked for', () => {
  fc.assert(
    fc.property(chats, place, (chatId, location) => {
      const draft = readBack(bodyOf(asked({ chatId, kind: 'location', location })))
      // JSON has no -0.
      const expected = { url: null, name: null, address: null, ...asked(location) }
      expect(asked(draft)).toMatchObject({ type: 'message.sent', kind: 'location', location: expected })
    }),
  )
})

test('[F1] a number of a contact stands as it was printed, and with its country where it was no print', () => {
  const phones = ['+55 (11) 90000-0012', 'wa.me/5511900000012', '+55\u00a011\u00a090000-0012']
  const { content } = buildMessage(
    bodyOf({ chatId: '5511900000011', kind: 'contacts', contacts: [{ name: 'Bea', phones }] }),
    givenToBuild,
  )
  const lines = content.contactMessage?.vcard?.split('\n').filter(line => line.startsWith('TEL'))
  expect(lines?.map(line => line.split(':')[1])).toEqual(['+55 (11) 90000-0012', '+5511900000012', '+5511900000012'])
})

test('[F1] [B1] contacts are read back in order, under their names', () => {
  const name = fc.oneof(words(), fc.constantFrom('Bea\nTEL:1', 'Bea\r\nEND:VCARD', 'a;b,c\\n'))
  const contact = fc.record({ name, phones: fc.constant(['+55 11 90000-0012']), organization: optional(words()) })
  fc.assert(
    fc.property(chats, fc.array(contact, { minLength: 1, maxLength: 5 }), (chatId, contacts) => {
      const draft = readBack(bodyOf(asked({ chatId, kind: 'contacts', contacts })))
      const expected = contacts.map(({ name }) => ({ displayName: name, vcard: expect.stringContaining('waid=5511900000012:') }))
      expect(draft).toMatchObject({ type: 'message.sent', kind: 'contacts', contacts: expected })
      const cards = draft.type === 'message.sent' ? (draft.contacts ?? []) : []
      const fields = cards.map(({ vcard }) => vcard.split('\n').map(line => line.split(/[:;]/)[0]))
      expect(fields).toEqual(
        contacts.map(({ organization }) => {
          const made = organization === undefined ? [] : ['ORG']
          return ['BEGIN', 'VERSION', 'N', 'FN', ...made, 'TEL', 'END']
        }),
      )
    }),
  )
})

test('[F1] [B1] a poll is read back with its options and how many may be chosen', () => {
  const options = fc.uniqueArray(words(40), { minLength: 2, maxLength: 12 })
  fc.assert(
    fc.property(chats, words(), options, fc.nat(2), (chatId, name, options, selectableCount) => {
      const poll = { name, options, selectableCount }
      expect(readBack(bodyOf({ chatId, kind: 'poll', poll }))).toMatchObject({ type: 'message.sent', kind: 'poll', poll })
    }),
  )
})

test('[F1] [B1] an event is read back with its instants and its place', () => {
  const seconds = fc.integer({ min: 1_767_000_000, max: 4_000_000_000 })
  const instant = (at: number) => new Date(at * 1000).toISOString()
  fc.assert(
    fc.property(chats, words(), optional(words()), seconds, optional(place), (chatId, name, description, at, location) => {
      const event = { name, description, startsAt: instant(at), endsAt: instant(at + 3600), location }
      const draft = readBack(bodyOf(asked({ chatId, kind: 'event', event })))
      expect(draft).toMatchObject({ type: 'message.sent', kind: 'event', text: name })
      const told = draft.type === 'message.sent' ? JSON.parse(draft.interactive ?? '') : null
      expect(told).toEqual(
        asked({ name, description, startsAt: event.startsAt, endsAt: event.endsAt, cancelled: false, isCall: false }),
      )
      if (location) expect(asked(draft)).toMatchObject({ location: asked(location) })
    }),
  )
})

test('[F1] [B1] native lists and buttons are read back with the ids that their answers name', () => {
  const shown = (name: string) => readBack(parseKeptBody(golden.find(one => one.name === name)?.body))
  const told = (name: string) => {
    const draft = shown(name)
    return draft.type === 'message.sent' ? { kind: draft.kind, ...JSON.parse(draft.interactive ?? '') } : null
  }
  expect(told('list native')).toMatchObject({
    kind: 'list',
    buttonText: 'Abrir',
    sections: [{ title: 'Doces', rows: [{ id: 'bolo' }] }],
  })
  expect(told('buttons native')).toMatchObject({
    kind: 'buttons',
    buttons: [
      { id: 's', text: 'Sim' },
      { id: 'n', text: 'Não' },
    ],
  })
  expect(shown('list')).toMatchObject({ kind: 'text', text: sent('list').content.extendedTextMessage.text })
})

test('[F1] [B1] reactions, edits, deletions and pins are read back as the account’s own', () => {
  const chatId = '120363000000000001@g.us'
  const theirs = { target: { fromMe: false, senderId: '201@lid' } }
  const ours = { target: { fromMe: true, senderId: '100@lid' } }
  const about = { chatId, targetMessageId: 'T' }
  const read = (body: object, known = ours) => readBack(bodyOf({ ...about, ...body }, known))
  const expected = { chatId, targetMessageId: 'T', fromMe: true, isGroup: true }
  for (const emoji of ['👍', ''])
    expect(read({ kind: 'reaction', emoji }, theirs)).toMatchObject({ ...expected, type: 'message.reacted', emoji })
  expect(read({ kind: 'edit', text: 'melhor' })).toMatchObject({ ...expected, type: 'message.edited', text: 'melhor' })
  expect(read({ kind: 'delete' })).toMatchObject({ ...expected, type: 'message.revoked', targetSenderId: null })
  expect(read({ kind: 'delete' }, theirs)).toMatchObject({ ...expected, type: 'message.revoked', targetSenderId: '201@lid' })
  // A week from when the stanza says: the sender's clock is ahead of it.
  const untilAt = 1_700_000_000_000 + 604_800_000
  const pinned = { ...expected, type: 'message.pinned', targetSenderId: '201@lid' }
  expect(read({ kind: 'pin', on: false }, theirs)).toMatchObject({ ...pinned, on: false, untilAt: null })
  expect(read({ kind: 'pin', on: true }, theirs)).toMatchObject({ ...pinned, on: true, untilAt })
})

test('[F1] [B1] a forward is what it was, and says so unless it is one’s own', () => {
  const forwarded = (times: number, content: object) =>
    readBack(parseKeptBody({ chatId: '200@lid', kind: 'forward', messageId: 'T', known: { forwarded: { times, content } } }))
  const linkPreview = { url: 'https://example.com', title: 'Exemplo' }
  expect(forwarded(1, { kind: 'text', text: 'https://example.com', linkPreview })).toMatchObject({
    kind: 'link-preview',
    forwarded: true,
  })
  expect(forwarded(0, { kind: 'text', text: 'meu' })).toMatchObject({ kind: 'text', text: 'meu', forwarded: null })
})

test('[F1] [B1] a chat’s timer is read back as a change of the chat by the account', () => {
  const setTo = (expiresInSeconds: number) => readBack(parseKeptBody({ kind: 'timer', chatId: '200@lid', expiresInSeconds }))
  const expected = { type: 'chat.updated', chatId: '200@lid', fromMe: true, isGroup: false, origin: 'change' }
  for (const seconds of [86_400, 0]) expect(setTo(seconds)).toMatchObject({ ...expected, expiresInSeconds: seconds })
})

test('[F1] a voice note has its shape where it was heard, and nothing else has one', () => {
  const waveform = Array.from({ length: 64 }, (_, nth) => nth)
  const file = givenToBuild.file && { ...givenToBuild.file, waveform }
  const soundOf = (kind: string, given: typeof givenToBuild.file = file) =>
    buildMessage(parseKeptBody({ chatId: '200@lid', kind, media: { uploadId: 'u' } }), { ...givenToBuild, file: given }).content
      .audioMessage
  expect([...(soundOf('voice')?.waveform ?? [])]).toEqual(waveform)
  expect(soundOf('audio')).not.toHaveProperty('waveform')
  expect(soundOf('voice', givenToBuild.file)).not.toHaveProperty('waveform')
})
