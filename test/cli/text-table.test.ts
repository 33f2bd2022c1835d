// Tables on a terminal: columns stay straight, whatever is in them, nothing is cut off, and lists of zaplog say what somebody looks for.
import { expect, test } from 'vitest'
import { z } from 'zod'
import { type NotedRoute, noteRoutes } from '../../scripts/note-routes.ts'
import { answerText } from '../../src/cli/calls/answer-text.ts'
import { callVerbs } from '../../src/cli/generated/call-verbs.ts'
import { plainText, textTable } from '../../src/cli/text-table.ts'

test('[L] columns are as wide as their widest cell, two spaces apart, without spaces at the end', () => {
  const rows = [
    ['shop', 'Loja da Ana', 'open'],
    ['a', '', ''],
  ]
  expect(textTable(['id', 'name', 'state'], rows)).toBe('id    name         state\nshop  Loja da Ana  open\na')
  expect(textTable(['id', 'name'], [])).toBe('id  name')
})

test('[L] signs that take two columns, and letters made of several, keep columns straight', () => {
  const rows = [
    ['客服', 'x'],
    ['👩‍🍳 ok', 'x'],
    ['Joa\u0303o', 'x'],
  ]
  expect(textTable(['name', 'y'], rows)).toBe('name   y\n客服   x\n👩‍🍳 ok  x\nJoa\u0303o   x')
})

test('[I3] a name can neither break its line nor steer the terminal', () => {
  expect(textTable(['name'], [['a\nb\u001b[2Jc']])).toBe('name\na\u{FFFD}b\u{FFFD}[2Jc')
  expect(plainText('a\r\u2028b')).toBe('a\u{FFFD}\u{FFFD}b')
  expect(plainText('a\u202Eb\u2066c')).toBe('a\u{FFFD}b\u{FFFD}c')
  expect(plainText('👩‍🍳')).toBe('👩‍🍳')
})

test('[H7] where a terminal is too narrow, cells of several words take several lines, and words stay whole', () => {
  const rows = [
    ['120363000000000001@g.us', 'Padaria do Bairro, pedidos e avisos', '12'],
    ['120363000000000002@g.us', '', '3'],
  ]
  expect(textTable(['group', 'subject', 'people'], rows, 60)).toBe(
    [
      'group                    subject                      people',
      '120363000000000001@g.us  Padaria do Bairro, pedidos   12',
      '                         e avisos',
      '120363000000000002@g.us                               3',
    ].join('\n'),
  )
})

/** What the description of the API has as an answer, by the call. */
const examples = new Map(noteRoutes().flatMap(({ method, url, schema }) => exampleOf(method, url, schema)))
function exampleOf(method: string, url: string, { response }: NotedRoute['schema']): [string, unknown][] {
  const answer = response['200']
  const [example] = answer instanceof z.ZodType ? ((answer.meta()?.examples as unknown[] | undefined) ?? []) : []
  return example === undefined ? [] : [[`${method} ${url.replace('/:id', '/{instance}').replaceAll(/:(\w+)/g, '{$1}')}`, example]]
}
const reads = callVerbs.filter(({ method, path, answers }) => answers !== 'command' && examples.has(`${method} ${path}`))

test('[H7] what is read fits 60 columns but for what is one word, is whole, and has the name of what is listed', () => {
  expect(reads.length).toBeGreaterThan(20)
  for (const { thing, name, method, path, columns } of reads) {
    const text = answerText(examples.get(`${method} ${path}`), columns, 60)
    const tooWide = text.split('\n').filter(line => line.length > 60 && !/^\S+ +\S+$/.test(line))
    expect([thing, name, tooWide]).toEqual([thing, name, []])
    expect([thing, name, text]).not.toEqual([thing, name, expect.stringMatching(/[{[]"|null/)])
  }
  const listed = (thing: string) => {
    const verb = reads.find(one => one.thing === thing && one.name === 'list')
    return answerText(examples.get(`${verb?.method} ${verb?.path}`), verb?.columns, 80).replaceAll(/\s+/g, ' ')
  }
  expect(listed('groups')).toContain('120363000000000001@g.us Padaria do Bairro')
  expect(listed('chats')).toContain('5511900000011 Ana Souza 2026-01-05T12:00Z')
  expect(listed('contacts')).toContain('5511900000011 Ana Souza')
  expect(listed('labels')).toContain('1 Pedido novo')
  expect(listed('commands')).toContain('7d9f04c2be1a46538c0ef7a9d35b6218')
})

test('[H7] a column says the first of its fields that is there, and one that says nothing of any row is left out', () => {
  const chats = {
    data: [
      { chatPn: null, chatId: '1@g.us', name: null },
      { chatPn: '5511900000011@s.whatsapp.net', chatId: '2@lid' },
    ],
  }
  const columns = [
    { head: 'chat', of: ['chatPn', 'chatId'] },
    { head: 'name', of: ['name'] },
  ]
  expect(answerText(chats, columns)).toBe('chat\n1@g.us\n5511900000011')
})

test('[H7] an instant, a number and a wait are shortened by their field, and what people wrote stays as they wrote it', () => {
  const [instant, number] = ['2026-01-05T12:00:00.000Z', '5511900000011@s.whatsapp.net']
  const wait = { reason: 'pace', nextAt: null, commandId: null, instanceState: null, refusal: null }
  const row = { occurredAt: instant, chatPn: number, senderId: number, waitsFor: wait }
  const said = { name: number, text: instant, answer: wait }
  const columns = (names: readonly string[]) => names.map(name => ({ head: name, of: [name] }))
  const cells = (of: object) =>
    answerText({ data: [of] }, columns(Object.keys(of)))
      .split('\n')[1]
      ?.split(/ {2,}/)
  expect(cells(row)).toEqual(['2026-01-05T12:00Z', '5511900000011', '5511900000011', 'pace'])
  expect(cells(said)).toEqual([number, instant, JSON.stringify(wait)])
})

test('[H7] of one thing what says something is said, and a list in it is a table below', () => {
  const group = {
    groupId: '1@g.us',
    subject: 'Trip',
    description: null,
    participants: [{ id: 'a@lid', pn: null, role: 'admin' }],
  }
  expect(answerText(group)).toBe('field    value\ngroupId  1@g.us\nsubject  Trip\n\nparticipants:\nid     role\na@lid  admin')
  expect(answerText({ media: { status: 'stored', width: null }, websites: ['a', 'b'], answers: [] })).toBe(
    'field         value\nmedia.status  stored\nwebsites      a b',
  )
  expect(answerText({ contacts: [], answeredAt: 'now' })).toBe('field       value\ncontacts    none\nansweredAt  now')
})
