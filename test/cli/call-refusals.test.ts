// Guarantee: what cannot be is refused by the name of what was typed, before anything is sent where that is known, and no word makes another call of it.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { parseTime } from '../../src/cli/calls/parse-field.ts'
import { CHAT, done, openTypedCalls, refusal, type TypedCalls } from '../ground/cli/typed-calls.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
let calls: TypedCalls
beforeAll(async () => {
  calls = await openTypedCalls(logger)
})
afterAll(() => calls.close())
beforeEach(() => {
  calls.answer.current = done
  calls.routes.taken.length = 0
})

test.each([
  ['groups create  5511900000012', 'groups create: <subject>: expected at least 1 characters, got ""'],
  [
    'groups add 120363000000000001 5511900000012 nobody',
    /^groups add: <person>: expected a phone number .*, got "nobody"; .*chats list shows /,
  ],
  ['groups change 120363000000000001', /^groups change: the body: expected one of subject, /],
  ['messages poll 5511900000011 Lunch Yes', /^messages poll: <option>: expected at least 2/],
  ['messages contact 5511900000011 --name Ana --phone 5', /^messages contact: --phone: expected a phone number/],
  ['messages text nobody Oi', /^messages text: <chat>: expected a phone number/],
  ['channels follow 5511900000011', /^channels follow: <channel>: expected a channel/],
  [`messages image 5511900000011 --url ftp://a.example`, /^messages image: --url: expected an http or https URL/],
  ['messages voice 5511900000011', /^messages voice: --upload, --url, --mimetype, --file-name, --object-key: expected /],
  ['contacts about nobody', /^contacts about: <person>: expected a phone number/],
])('[H7] the server’s refusal of %j names what was typed', async (words, said) => {
  const message = await refusal(calls, words.split(' '))
  if (typeof said === 'string') expect(message).toBe(said)
  else expect(message).toMatch(said)
})

test.each([
  ['chats typing 5511900000011 sleeping', 'Expected one of composing, recording, paused.'],
  ['labels set 7 New 20', 'Expected a whole number from 0 to 19.'],
  ['chats history 5511900000011 --count many', 'Expected a whole number from 1 to 50.'],
  ['messages location 5511900000011 north 5', 'Expected a number from -90 to 90.'],
  ['messages pin 5511900000011 A --duration-seconds 5', 'Expected one of 86400, 604800, 2592000.'],
  ['chats mute 5511900000011 --until tomorrow', 'Expected an instant such as 2031-01-05T12:00:00Z, or +30m, +8h, +7d from now.'],
  ['profile set-picture no-such-file', 'Reading no-such-file: ENOENT'],
  ['messages buttons 5511900000011 Oi --buttons [', 'Expected JSON: '],
  ['messages list-message 5511900000011 Oi Menu', "required option '--sections <json>' not specified"],
  ['groups add 120363000000000001', "missing required argument 'person'"],
])('[H7] %j is refused before anything is sent', async (words, said) => {
  expect(await refusal(calls, words.split(' '))).toContain(said)
  expect(calls.routes.taken).toEqual([])
})

test.each([
  [['chats', 'unlabel', '..', '7'], '<chat>: expected an id, got ".."'],
  [['chats', 'unlabel', CHAT, '.'], '<label>: expected an id, got "."'],
  [['chats', 'delete', ''], '<chat>: expected an id, got ""'],
  [['uploads', 'delete', '..'], '<upload>: expected an id, got ".."'],
  [['uploads', 'list', '--instance', '..'], '--instance: expected an id, got ".."'],
])('[H7] %j would be another call, and is none', async (words, said) => {
  expect(await refusal(calls, words)).toBe(said)
  expect(calls.routes.taken).toEqual([])
})

test('[H7] an instant may be said by how far it is from now', () => {
  const nowAt = Date.UTC(2026, 0, 5, 12)
  expect(['+30m', '+8h', '+7d', '-1w', '2026-01-05T12:00:00-03:00'].map(text => parseTime(text, nowAt))).toEqual([
    '2026-01-05T12:30:00.000Z',
    '2026-01-05T20:00:00.000Z',
    '2026-01-12T12:00:00.000Z',
    '2025-12-29T12:00:00.000Z',
    '2026-01-05T15:00:00.000Z',
  ])
})
