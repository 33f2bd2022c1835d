// Messages of the WhatsApp Cloud API as Meta’s reference has them: each becomes one of our commands, and answers in its shapes.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { acceptedAs } from '../ground/api/accepted-as.ts'
import { type CloudApiRig, idIn, openCloudApiRig, post } from '../ground/api/cloud-api-rig.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
let rig: CloudApiRig
beforeAll(async () => {
  rig = await openCloudApiRig('api-cloud-api-messages', logger)
})
afterAll(() => rig.close())

describe('messages', () => {
  const to = { chatId: '5511900000011@s.whatsapp.net' }
  const sections = [{ title: 'Pratos', rows: [{ id: 'r1', title: 'Arroz', description: 'com feijão' }] }]
  test.each<[string, object, object]>([
    ['a text', { type: 'text', text: { preview_url: false, body: 'Olá!' } }, { ...to, kind: 'text', text: 'Olá!' }],
    ['a text without a type', { text: { body: 'Olá!' } }, { ...to, kind: 'text', text: 'Olá!' }],
    [
      'a location, also with degrees as text',
      { type: 'location', location: { latitude: '-23.5', longitude: -46.6, name: 'Loja', address: 'Rua A, 1' } },
      { ...to, kind: 'location', location: { latitude: -23.5, longitude: -46.6, name: 'Loja', address: 'Rua A, 1' } },
    ],
    [
      'a contact',
      {
        type: 'contacts',
        contacts: [
          { name: { formatted_name: 'Ana', first_name: 'Ana' }, phones: [{ phone: '+55 11 90000-0012', type: 'CELL' }] },
        ],
      },
      { ...to, kind: 'contacts', contacts: [{ name: 'Ana', phones: ['+55 11 90000-0012'] }] },
    ],
    [
      'a list, which goes out as numbered text',
      {
        type: 'interactive',
        interactive: {
          ...{ type: 'list', header: { type: 'text', text: 'Menu' }, body: { text: 'Escolha' }, footer: { text: 'Loja' } },
          action: { button: 'Abrir', sections },
        },
      },
      {
        ...to,
        kind: 'list',
        title: 'Menu',
        description: 'Escolha',
        footer: 'Loja',
        buttonText: 'Abrir',
        sections,
        native: false,
      },
    ],
    [
      'reply buttons, which go out as numbered text',
      {
        type: 'interactive',
        interactive: {
          type: 'button',
          body: { text: 'Confirma?' },
          action: { buttons: [{ type: 'reply', reply: { id: 's', title: 'Sim' } }] },
        },
      },
      { ...to, kind: 'buttons', text: 'Confirma?', buttons: [{ id: 's', text: 'Sim' }], native: false },
    ],
  ])('[F4] %s is one command, and its message’s id is the answer’s', async (_, said, asked) => {
    const { status, json } = await post(rig, said)
    expect([status, json]).toEqual([
      200,
      {
        messaging_product: 'whatsapp',
        contacts: [{ input: '5511900000011', wa_id: '5511900000011' }],
        messages: [{ id: expect.stringMatching(/^3EB0[0-9A-F]{18}$/) }],
      },
    ])
    expect(await acceptedAs(rig.api, idIn(json))).toEqual(asked)
  })

  test('[F4] a reply and a reaction name the message by our id of it', async () => {
    const reply = await post(rig, { to: rig.chatId, type: 'text', text: { body: 'Oi' }, context: { message_id: 'THEIRS' } })
    expect(await acceptedAs(rig.api, idIn(reply.json))).toEqual({
      chatId: rig.chatId,
      kind: 'text',
      text: 'Oi',
      quotedMessageId: 'THEIRS',
    })
    const reaction = await post(rig, { to: rig.chatId, type: 'reaction', reaction: { message_id: 'THEIRS', emoji: '😀' } })
    expect(await acceptedAs(rig.api, idIn(reaction.json))).toEqual({
      chatId: rig.chatId,
      kind: 'reaction',
      targetMessageId: 'THEIRS',
      emoji: '😀',
    })
  })

  test('[F4] a contact keeps what is more than a number', async () => {
    const none = { name: { formatted_name: 'Ana' }, phones: [{ phone: 'Ana' }], emails: [{ email: 'ana@example.com' }] }
    expect((await post(rig, { type: 'contacts', contacts: [none] })).json.error).toMatchObject({
      error_data: { details: expect.stringContaining('/contacts/0/phones/0/phone: expected a phone number') },
    })
    const contact = {
      name: { formatted_name: 'Ana' },
      phones: [{ phone: '5511900000012', wa_id: '5511900000012' }],
      org: { company: 'Loja', title: 'Dona' },
      emails: [{ email: 'ana@example.com', type: 'WORK' }],
      addresses: [{ street: 'Rua A, 1', city: 'São Paulo', state: 'SP', zip: '01000-000', country: 'Brasil' }],
      birthday: '1990-01-05',
    }
    const { json } = await post(rig, { type: 'contacts', contacts: [contact] })
    const { contacts } = (await acceptedAs(rig.api, idIn(json))) as { contacts: { vcard: string }[] }
    expect(contacts[0]?.vcard.split('\n')).toEqual(
      expect.arrayContaining([
        ...['ORG:Loja;', 'TITLE:Dona', 'EMAIL:ana@example.com', 'BDAY:1990-01-05'],
        'ADR:;;Rua A\\, 1;São Paulo;SP;01000-000;Brasil',
      ]),
    )
  })

  test('[F4] the same Idempotency-Key is the same message; what changes nothing is named', async () => {
    const headers = { 'idempotency-key': 'order 1' }
    const said = { type: 'text', text: { body: 'a' }, biz_opaque_callback_data: 'x' }
    const [first, again] = [await post(rig, said, { headers }), await post(rig, said, { headers })]
    expect(again.json).toEqual(first.json)
    expect(first.headers.get('zaplog-ignored')).toBe('biz_opaque_callback_data')
    expect(await post(rig, { text: { body: 'b' } }, { headers })).toMatchObject({ status: 400, json: { error: { code: 100 } } })
  })

  test.each<[string, object, number, string]>([
    ['another product', { messaging_product: 'sms', text: { body: 'a' } }, 100, '/messaging_product: expected whatsapp'],
    ['a text without a body', { type: 'text' }, 100, '/text: expected what a message of type text says'],
    ['a recipient that is none', { to: 'Ana', text: { body: 'a' } }, 100, '/to: expected a phone number'],
    [
      'a reply to what is not known',
      { text: { body: 'a' }, context: { message_id: 'NONE' } },
      100,
      '/context/message_id: expected the id',
    ],
    ['an empty text', { text: { body: '' } }, 100, '/text/body: expected at least 1'],
    [
      'a template',
      { type: 'template', template: { name: 'hello_world', language: { code: 'en_US' } } },
      131051,
      'templates are of the business platform',
    ],
    ['a type that there is not', { type: 'order' }, 131051, 'messages of type order'],
    [
      'a flow',
      { type: 'interactive', interactive: { type: 'flow', action: { name: 'flow' } } },
      131051,
      'interactive messages of type flow',
    ],
  ])('[F4] %s is refused with Meta’s code and our words', async (_, said, code, words) => {
    const { status, json } = await post(rig, said)
    expect([status, json]).toEqual([
      400,
      {
        error: {
          message: expect.stringContaining(`(#${code}) `),
          type: 'OAuthException',
          code,
          error_data: { messaging_product: 'whatsapp', details: expect.stringContaining(words) },
        },
      },
    ])
  })
})
