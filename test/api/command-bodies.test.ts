// Bodies of POST …/messages that are not taken, each in words: the field, what was expected there, what came.
import { expect, test } from 'vitest'
import { z } from 'zod'
import { invalidInput } from '../../src/api/invalid-input.ts'
import { problemBody } from '../../src/api/problems.ts'
import { messageBody, parseKeptBody, renderedAs } from '../../src/events/command-bodies.ts'

const chatId = '5511900000011'
const group = '120363000000000001@g.us'
const refusalOf = (body: unknown) => {
  const { error } = messageBody.safeParse(body)
  if (error === undefined) throw new Error(`${JSON.stringify(body)} was taken`)
  const { type, status, errors = [] } = problemBody(invalidInput(error.issues, body, 'pointer'))
  return { slug: type.replace('urn:zaplog:problem:', ''), status, errors }
}
const text = (more: object) => ({ chatId, kind: 'text', text: 'oi', ...more })
const poll = (more: object) => ({ chatId, kind: 'poll', poll: { name: 'Hoje?', options: ['sim', 'não'], ...more } })
const place = (more: object) => ({ chatId, kind: 'location', location: { latitude: 0, longitude: 0, ...more } })
const card = (contact: object) => ({ chatId, kind: 'contacts', contacts: [contact] })
const event = (more: object) => ({ chatId, kind: 'event', event: { name: 'Festa', startsAt: '2026-12-24T20:00:00Z', ...more } })
const file = (kind: string, more: object) => ({ chatId, kind, ...more })
const upload = { media: { uploadId: 'u' } }
const toStatus = { chatId: 'status@broadcast' }
const status = (more: object) => text({ ...toStatus, ...more })
const photo = { kind: 'image', ...upload }
const album = (items: readonly object[]) => ({ chatId, kind: 'album', items })
const about = (kind: string, more: object) => ({ chatId, kind, targetMessageId: 'T', ...more })

test.each<[unknown, string, string]>([
  [text({ chatId: 'somebody' }), '/chatId', 'a phone number with its country'],
  [text({ chatId: '5511900000011@lids' }), '/chatId', 'a phone number with its country'],
  [text({ chatId: '123@call' }), '/chatId', 'a person, a group or status'],
  [text({ text: '' }), '/text', 'at least 1 characters'],
  [text({ text: 'a'.repeat(65_537) }), '/text', 'at most 65536 characters'],
  [text({ mentions: [] }), '/mentions', 'at least 1 entries'],
  [text({ mentions: [group] }), '/mentions/0', 'a phone number with its country'],
  [text({ mentionAll: true }), '/mentionAll', 'a group as chatId'],
  [text({ quotedMessageId: '' }), '/quotedMessageId', 'at least 1 characters'],
  [text({ linkPreview: true }), '/linkPreview', '{url, title, description?} or false'],
  [text({ linkPreview: { url: 'https://example.com', title: 'E' } }), '/linkPreview/url', 'a link that stands in the text'],
  [text({ colour: 'red' }), '/colour', 'nothing: there is no such field'],
  [text({ known: {} }), '/known', 'nothing: there is no such field'],
  [text({ kind: 'telegram' }), '/kind', 'one of text, location'],
  [{ chatId, text: 'oi' }, '/kind', 'one of text, location'],
  [place({ latitude: Number.NaN }), '/location/latitude', 'a number'],
  [place({ longitude: 180.1 }), '/location/longitude', 'at most 180'],
  [place({ url: 'javascript:alert(1)' }), '/location/url', 'an http or https URL'],
  [{ chatId, kind: 'contacts', contacts: [] }, '/contacts', 'at least 1 entries'],
  [card({ name: 'Bea' }), '/contacts/0', 'name and phones, or a vcard'],
  [card({ name: 'Bea', phones: ['123'] }), '/contacts/0/phones/0', 'a phone number with its country'],
  [card({ name: 'Bea', phones: ['5511900000011@c.us'] }), '/contacts/0/phones/0', 'a phone number with its country'],
  [card({ name: 'Bea', phones: ['tel:+5511900000011'] }), '/contacts/0/phones/0', 'a phone number with its country'],
  [card({ vcard: 'Bea' }), '/contacts/0/vcard', 'a vCard, which begins with BEGIN:VCARD'],
  [poll({ options: ['sim'] }), '/poll/options', 'at least 2 entries'],
  [poll({ options: Array.from({ length: 13 }, (_, at) => `${at}`) }), '/poll/options', 'at most 12 entries'],
  [poll({ options: ['sim', 'não', 'sim'] }), '/poll/options/2', 'an option that no other one is like'],
  [poll({ selectableCount: 3 }), '/poll/selectableCount', 'at most 2'],
  [event({ startsAt: 'amanhã' }), '/event/startsAt', 'an instant such as'],
  [event({ endsAt: '2026-12-24T19:00:00Z' }), '/event/endsAt', 'an instant after startsAt'],
  [event({ startsAt: '1969-12-31T23:59:59Z' }), '/event/startsAt', 'an instant since 1970'],
  [event({ endsAt: '2026-12-24T20:00:00.999Z' }), '/event/endsAt', 'an instant after startsAt'],
  [about('reaction', { emoji: 'ok' }), '/emoji', 'one emoji'],
  [about('reaction', { emoji: '👍👍' }), '/emoji', 'one emoji'],
  [{ chatId, kind: 'reaction', emoji: '👍' }, '/targetMessageId', 'text'],
  [about('edit', { text: '' }), '/text', 'at least 1 characters'],
  [about('pin', {}), '/on', 'true or false'],
  [about('pin', { on: true, durationSeconds: 3_600 }), '/durationSeconds', 'one of 86400, 604800, 2592000'],
  [about('pin', { on: false, durationSeconds: 86_400 }), '/durationSeconds', 'nothing, as it is unpinned'],
  [{ chatId, kind: 'forward' }, '/messageId', 'text'],
  [file('image', {}), '/media', '{uploadId}, {url, mimetype?, fileName?} or {objectKey}'],
  [file('image', { media: { uploadId: 'u', url: 'https://example.com/a.jpg' } }), '/media', '{uploadId}, {url'],
  [file('image', { media: { url: 'file:///etc/passwd' } }), '/media/url', 'an http or https URL'],
  [file('image', { ...upload, mentionAll: true, caption: 'oi' }), '/mentionAll', 'a group as chatId'],
  [file('image', { ...upload, mentions: ['100@lid'] }), '/mentions', 'a caption that mentions them'],
  [file('gif', { ...upload, viewOnce: true }), '/viewOnce', 'nothing: there is no such field'],
  [file('ptv', { ...upload, caption: 'oi' }), '/caption', 'nothing: there is no such field'],
  [file('voice', { ...upload, caption: 'oi' }), '/caption', 'nothing: there is no such field'],
  [file('sticker', { ...upload, mentionAll: true }), '/mentionAll', 'nothing: there is no such field'],
  [file('image', { ...upload, fileName: 'a.jpg' }), '/fileName', 'nothing: there is no such field'],
  [file('document', { ...upload, fileName: '' }), '/fileName', 'at least 1 characters'],
  [null, '', 'an object'],
  [{ ...poll({}), ...toStatus }, '/chatId', 'a person or a group'],
  [{ ...about('pin', { on: true }), ...toStatus }, '/chatId', 'a person or a group'],
  [{ ...file('sticker', upload), ...toStatus }, '/chatId', 'a person or a group'],
  [{ ...file('document', upload), ...toStatus }, '/chatId', 'a person or a group'],
  [{ ...album([photo, photo]), ...toStatus }, '/chatId', 'a person or a group'],
  [text({ audience: { contacts: 'saved' } }), '/audience', 'nothing, as it is no status'],
  [text({ backgroundColor: '#128C7E' }), '/backgroundColor', 'nothing, as it is no status'],
  [text({ font: 'exo2' }), '/font', 'nothing, as it is no status'],
  [status({ quotedMessageId: 'Q' }), '/quotedMessageId', 'nothing, as it is a status'],
  [status({ mentions: ['100@lid'] }), '/mentions', 'nothing, as it is a status'],
  [file('image', { ...toStatus, ...upload, viewOnce: true }), '/viewOnce', 'nothing, as it is a status'],
  [status({ backgroundColor: 'green' }), '/backgroundColor', 'a colour such as #128C7E'],
  [status({ font: 'comic' }), '/font', 'one of system, system-text'],
  [status({ audience: {} }), '/audience', 'chatIds, or contacts'],
  [status({ audience: { chatIds: ['100@lid'], contacts: 'known' } }), '/audience', 'chatIds, or contacts'],
  [status({ audience: { contacts: 'all' } }), '/audience/contacts', 'one of saved, known'],
  [status({ audience: { chatIds: [group] } }), '/audience/chatIds/0', 'a phone number with its country'],
  [status({ audience: { chatIds: Array(1_025).fill('100@lid') } }), '/audience/chatIds', 'at most 1024 entries'],
  [album([photo]), '/items', 'at least 2 entries'],
  [album(Array(31).fill(photo)), '/items', 'at most 30 entries'],
  [album([photo, { ...photo, kind: 'voice' }]), '/items/1/kind', 'one of image, video'],
  [album([photo, { kind: 'video' }]), '/items/1/media', '{uploadId}, {url'],
  [album([photo, { ...photo, caption: 'a'.repeat(1_025) }]), '/items/1/caption', 'at most 1024 characters'],
  [album([photo, { ...photo, viewOnce: true }]), '/items/1/viewOnce', 'nothing: there is no such field'],
  [album([photo, { ...photo, mentions: ['100@lid'] }]), '/items/1/mentions', 'a caption that mentions them'],
  [album([{ ...photo, caption: 'oi', mentionAll: true }, photo]), '/items/0/mentionAll', 'a group as chatId'],
  [album([photo, { ...photo, quotedMessageId: 'Q' }]), '/items/1/quotedMessageId', 'nothing: there is no such field'],
])('[F1] [I3] %j is refused at %s', (body, pointer, expected) => {
  const { slug, status, errors } = refusalOf(body)
  expect([slug, status]).toEqual(['invalid-input', 422])
  expect(errors).toMatchObject([{ pointer, expected: expect.stringContaining(expected) }])
})

test.each(['1767614400@broadcast', '120363000000000002@newsletter'])(
  '[F1] [I3] nothing is sent to %s in this version',
  chatId => {
    expect(refusalOf(text({ chatId }))).toMatchObject({
      ...{ slug: 'not-in-this-version', status: 422 },
      errors: [{ pointer: '/chatId', expected: 'a person, a group or status' }],
    })
  },
)

test.each(['text', 'image', 'video', 'gif', 'audio', 'voice'])('[F1] a status is of kind %s, under either of its names', kind => {
  const said = kind === 'text' ? { text: 'oi' } : upload
  for (const chatId of ['status', 'status@broadcast'])
    expect(messageBody.parse({ chatId, kind, ...said, audience: { contacts: 'known' } })).toMatchObject({
      chatId: 'status@broadcast',
    })
})

test('[F1] chats, mentions and emoji are taken in every form that people write', () => {
  const taken = messageBody.parse(text({ chatId: '+55 11 90000-0011', mentions: ['5511900000012@c.us', '100@lid'] }))
  expect(taken).toMatchObject({ chatId: '5511900000011@s.whatsapp.net', mentions: ['5511900000012@s.whatsapp.net', '100@lid'] })
  expect(messageBody.parse(text({ text: 'a'.repeat(65_536) }))).toMatchObject({ kind: 'text' })
  for (const emoji of ['', '👍', '👍🏽', '❤️', '❤', '👨‍👩‍👧', '🇧🇷', '1️⃣'])
    expect(messageBody.parse(about('reaction', { emoji }))).toMatchObject({ emoji })
  expect(messageBody.parse(poll({}))).toMatchObject({ poll: { selectableCount: 1 } })
})

test('[F1] lists and buttons say that they go out as text, unless they are native', () => {
  const buttons = { chatId, kind: 'buttons', text: 'Confirma?', buttons: [{ id: 's', text: 'Sim' }] }
  expect(renderedAs(messageBody.parse(buttons))).toBe('text')
  expect(renderedAs(messageBody.parse({ ...buttons, native: true }))).toBeNull()
  expect(renderedAs(messageBody.parse(text({})))).toBeNull()
})

test('[F1] [I3] a list goes out as at most 65,536 characters of text, and a native one as it is', () => {
  const line = 'a'.repeat(1_024)
  const rows = Array.from({ length: 10 }, (_, at) => ({ id: `${at}`, title: line, description: line }))
  // Of each row its number, ". " and " - " beside 2,048 characters; lines of a section, then paragraphs, with 1 and 2 between them.
  const ofRows = 9 * 2_054 + 21 * 2_055 + 3 * 9 + 3 * 2
  const list = (length: number, more = {}) => ({
    ...{ chatId, kind: 'list', buttonText: 'Ver', sections: [{ rows }, { rows }, { rows }], ...more },
    description: 'a'.repeat(length - ofRows),
  })
  expect(messageBody.parse(list(65_536))).toMatchObject({ kind: 'list', native: false })
  const expected = 'at most 65536 characters as numbered text, got 65537'
  expect(refusalOf(list(65_537))).toMatchObject({ status: 422, errors: [{ pointer: '/sections', expected }] })
  expect(messageBody.parse(list(65_537, { native: true }))).toMatchObject({ kind: 'list', native: true })
})

test('[F1] what is kept of a body is no body where its own parts are not', () => {
  expect(() => parseKeptBody(text({ known: { target: 'me' } }))).toThrow()
  expect(() => parseKeptBody(text({ text: 5 }))).toThrow()
})

test('[I2] every field of every body is described for programs, and there are no others', () => {
  const { oneOf = [] } = z.toJSONSchema(messageBody, { io: 'input', unrepresentable: 'any' })
  expect(oneOf).toHaveLength(messageBody.options.length)
  for (const shape of oneOf) expect(shape.required).toEqual(expect.arrayContaining(['chatId', 'kind']))
  expect(oneOf.flatMap(shape => undescribedIn(shape, ''))).toEqual([])
})

type Shape = z.core.JSONSchema.JSONSchema

/** Paths of fields; what they are one of several of, and entries of lists, are said where the list is. */
function undescribedIn(shape: Shape, path: string): readonly string[] {
  const { properties = {}, items = [], anyOf = [] } = shape
  const inside = [items, anyOf].flat().filter(one => typeof one === 'object')
  const fields = Object.entries(properties).flatMap(([name, field]) =>
    typeof field === 'object' ? [{ at: `${path}/${name}`, field }] : [],
  )
  return [
    ...(shape.type === 'object' && shape.additionalProperties !== false ? [`${path} takes anything`] : []),
    ...fields.filter(({ field }) => !('const' in field) && field.description === undefined).map(({ at }) => at),
    ...fields.flatMap(({ field, at }) => undescribedIn(field, at)),
    ...inside.flatMap(one => undescribedIn(one, path)),
  ]
}
