// Guarantee: a line says of each thing that happens what it is about, in columns, whoever wrote it; of many also when, whose and where.
import { expect, test } from 'vitest'
import { describeAmongOthers, describeWebhook } from '../../src/cli/describe-webhook.ts'

const of = (type: string, data: object) => ({ type, timestamp: '2026-01-05T12:34:56.000Z', data })

const waits = { nextAt: null, commandId: null, instanceState: null, refusal: null }

test.each([
  ['message.received', { kind: 'poll', senderName: 'Ana', poll: { name: 'Qual bolo?' } }, 'poll      Ana          Qual bolo?'],
  ['poll.voted', { senderName: 'Ana', options: ['Cenoura', 'Milho'], targetMessageId: '3EB0' }, 'Cenoura, Milho  of 3EB0'],
  ['poll.voted', { options: [], targetMessageId: '3EB0' }, 'no option  of 3EB0'],
  ['message.reacted', { emoji: '👍', targetMessageId: '3EB1' }, '👍  of 3EB1'],
  ['message.revoked', { targetMessageId: '3EB2' }, '  of 3EB2'],
  ['contact.updated', { name: 'Ana Souza', pushName: 'Ana' }, 'Ana Souza'],
  ['group.updated', { subject: 'Bolos' }, 'Bolos'],
  ['group.participants-changed', { action: 'add' }, 'add'],
  ['message.undecryptable', { reason: 'no-secret' }, 'no-secret'],
  [
    'command.deferred',
    { operation: 'message.send', waitsFor: { ...waits, reason: 'pace', nextAt: 'then' } },
    ' message.send: pace until then',
  ],
  ['command.completed', { operation: 'group.create' }, ' group.create'],
  ['command.failed', { operation: 'message.send', reason: 'expired', reasonText: 'It was late' }, ' message.send: It was late'],
])('[H7] of %s it is said what %o is about', (type, data, what) => {
  const line = describeWebhook(of(type, data))
  expect(line.endsWith(what)).toBe(true)
  expect(line.slice(0, 27)).toBe(`${type.padEnd(26)} `)
})

test('[H7] among others the time, the account and the chat stand first, the number where it is known', () => {
  const data = { instanceId: 'shop', chatId: '100@lid', chatPn: '5511900000011@s.whatsapp.net', kind: 'text', text: 'oi' }
  expect(describeAmongOthers(of('message.received', data))).toMatch(
    /^12:34:56 shop {7}5511900000011 {3}message\.received {11}text {6}.* oi$/,
  )
  const { chatPn: _, ...without } = data
  expect(describeAmongOthers(of('message.received', without))).toMatch(/^12:34:56 shop {7}100 +message/)
})

test('[H7] among others a message says its id, which a reply or a reaction names, and what is about another one only that', () => {
  const message = { kind: 'text', text: 'oi', messageId: '3EB0' }
  expect(describeAmongOthers(of('message.received', message))).toMatch(/ oi {2}3EB0$/)
  expect(describeWebhook(of('message.received', message))).toMatch(/ oi$/)
  const reaction = { emoji: '👍', messageId: '3EB1', targetMessageId: '3EB0' }
  expect(describeAmongOthers(of('message.reacted', reaction))).toMatch(/👍 {2}of 3EB0$/)
})

test('[H7] a body that is none of ours is said to be that, and breaks no line', () => {
  expect(describeAmongOthers('nonsense')).toMatch(/ a body that is no event$/)
  expect(
    describeAmongOthers(of('x', { instanceId: 'a\nb', targetMessageId: 'c\u001b', kind: 'text', messageId: 'd\n' })),
  ).not.toMatch(/\p{Cc}/u)
})
