// Messages of Evolution API's calls: each is one of our commands, and its answer names the message.
import { describe, expect, test } from 'vitest'
import { acceptedAs } from '../../ground/api/accepted-as.ts'
import { type EvolutionRig, group, number } from '../../ground/api/evolution-rig.ts'

export const messages = (rig: EvolutionRig) =>
  describe('messages', () => {
    const { call, send } = rig
    const to = { chatId: '5511900000011@s.whatsapp.net' }
    const key = () => ({ remoteJid: rig.chatId, fromMe: false, id: 'THEIRS' })
    test.each<[string, string, () => object, () => object, object]>([
      [
        'a text',
        'sendText',
        () => ({ number, text: 'Olá!' }),
        () => ({ ...to, kind: 'text', text: 'Olá!' }),
        { conversation: 'Olá!' },
      ],
      [
        'a text that replies',
        'sendText',
        () => ({
          number: rig.chatId,
          text: 'Olá!',
          linkPreview: false,
          quoted: { key: { id: 'THEIRS' }, message: { conversation: 'Olá' } },
        }),
        () => ({ chatId: rig.chatId, kind: 'text', text: 'Olá!', quotedMessageId: 'THEIRS' }),
        { conversation: 'Olá!' },
      ],
      [
        'a text that mentions',
        'sendText',
        () => ({ number: group, text: '@5511900000012', mentioned: ['5511900000012'], mentionsEveryOne: false }),
        () => ({ chatId: group, kind: 'text', text: '@5511900000012', mentions: ['5511900000012@s.whatsapp.net'] }),
        { conversation: '@5511900000012' },
      ],
      [
        'a location',
        'sendLocation',
        () => ({ number, name: 'Loja', address: 'Rua A, 1', latitude: -23.5, longitude: -46.6 }),
        () => ({ ...to, kind: 'location', location: { latitude: -23.5, longitude: -46.6, name: 'Loja', address: 'Rua A, 1' } }),
        { locationMessage: { degreesLatitude: -23.5, degreesLongitude: -46.6, name: 'Loja', address: 'Rua A, 1' } },
      ],
      [
        'a contact',
        'sendContact',
        () => ({
          number,
          contact: [{ fullName: 'Ana', wuid: '5511900000012', phoneNumber: '+55 11 90000-0012', organization: 'Loja' }],
        }),
        () => ({ ...to, kind: 'contacts', contacts: [{ name: 'Ana', phones: ['+55 11 90000-0012'], organization: 'Loja' }] }),
        { contactMessage: { displayName: 'Ana' } },
      ],
      [
        'a reaction',
        'sendReaction',
        () => ({ key: key(), reaction: '🚀' }),
        () => ({ chatId: rig.chatId, kind: 'reaction', targetMessageId: 'THEIRS', emoji: '🚀' }),
        { reactionMessage: { text: '🚀' } },
      ],
      [
        'a poll',
        'sendPoll',
        () => ({ number, name: 'Quando?', selectableCount: 1, values: ['Hoje', 'Amanhã'] }),
        () => ({ ...to, kind: 'poll', poll: { name: 'Quando?', options: ['Hoje', 'Amanhã'], selectableCount: 1 } }),
        { pollCreationMessage: { name: 'Quando?', options: [{ optionName: 'Hoje' }, { optionName: 'Amanhã' }] } },
      ],
      [
        'a list, which goes out as numbered text',
        'sendList',
        () => ({
          ...{ number, title: 'Menu', description: 'Escolha', buttonText: 'Abrir', footerText: 'Loja' },
          sections: [{ title: 'Pratos', rows: [{ title: 'Arroz', description: 'com feijão', rowId: 'r1' }] }],
        }),
        () => ({
          ...{ ...to, kind: 'list', title: 'Menu', description: 'Escolha', buttonText: 'Abrir', footer: 'Loja', native: false },
          sections: [{ title: 'Pratos', rows: [{ id: 'r1', title: 'Arroz', description: 'com feijão' }] }],
        }),
        { conversation: 'Menu\n\nEscolha\n\nPratos\n1. Arroz - com feijão\n\nLoja' },
      ],
      [
        'buttons, which go out as numbered text',
        'sendButtons',
        () => ({ number, title: 'Pedido', description: 'Confirma?', buttons: [{ type: 'reply', displayText: 'Sim', id: 's' }] }),
        () => ({
          ...to,
          kind: 'buttons',
          header: 'Pedido',
          text: 'Confirma?',
          native: false,
          buttons: [{ id: 's', text: 'Sim' }],
        }),
        { conversation: 'Pedido\n\nConfirma?\n\n1. Sim' },
      ],
    ])('[F4] %s is one command, and the answer names its message', async (_, path, said, asked, message) => {
      const { status, json } = await send(path, said())
      const body = asked()
      expect([status, json]).toEqual([
        201,
        expect.objectContaining({
          key: { remoteJid: 'chatId' in body && body.chatId, fromMe: true, id: expect.stringMatching(/^3EB0[0-9A-F]{18}$/) },
          message: expect.objectContaining(Object.fromEntries(Object.keys(message).map(name => [name, expect.anything()]))),
          messageTimestamp: rig.api.clock.nowAt / 1000,
          status: 'PENDING',
          instanceId: 'shop',
        }),
      ])
      expect(json.message).toMatchObject(message)
      expect(await acceptedAs(rig.api, (json.key as { id: string }).id)).toEqual(body)
    })

    test('[F4] a contact with an e-mail address and a page keeps them', async () => {
      const contact = [
        { fullName: 'Ana; Loja', phoneNumber: '5511900000012', email: 'ana@example.com', url: 'https://example.com' },
      ]
      const [one] = contact
      expect((await send('sendContact', { number, contact: [{ ...one, phoneNumber: 'Ana' }] })).json.response).toEqual({
        message: [expect.stringContaining('contact.0.phoneNumber: expected a phone number')],
      })
      const { json } = await send('sendContact', { number, contact })
      const accepted = (await acceptedAs(rig.api, (json.key as { id: string }).id)) as { contacts: { vcard: string }[] }
      const lines = accepted.contacts[0]?.vcard.split('\n')
      expect(lines).toEqual(expect.arrayContaining(['FN:Ana\\; Loja', 'EMAIL:ana@example.com', 'URL:https://example.com']))
      expect(lines?.find(line => line.startsWith('TEL'))).toContain('waid=5511900000012:')
    })

    test('[F4] an edit and a deletion are commands, too, the latter with a body in DELETE', async () => {
      const edit = await call('POST', 'chat/updateMessage/shop', {
        number,
        key: { ...key(), fromMe: true, id: 'OURS' },
        text: 'vai',
      })
      expect(edit).toMatchObject({ status: 200, json: { messageType: 'protocolMessage', status: 'PENDING' } })
      const deletion = await call('DELETE', 'chat/deleteMessageForEveryone/shop', {
        id: 'OURS',
        remoteJid: rig.chatId,
        fromMe: true,
      })
      expect(deletion.status).toBe(201)
      expect(await acceptedAs(rig.api, (deletion.json.key as { id: string }).id)).toEqual({
        chatId: rig.chatId,
        kind: 'delete',
        targetMessageId: 'OURS',
      })
    })

    test('[F4] the same Idempotency-Key is the same message, something else with it is refused', async () => {
      const headers = { 'idempotency-key': 'order 1' }
      const [first, again] = [
        await send('sendText', { number, text: 'a' }, headers),
        await send('sendText', { number, text: 'a' }, headers),
      ]
      expect(again.json.key).toEqual(first.json.key)
      const other = await send('sendText', { number, text: 'b' }, headers)
      expect(other).toMatchObject({
        status: 409,
        json: { status: 409, error: 'Conflict', response: { message: [expect.any(String)] } },
      })
      const ours = { chatId: number, kind: 'text', text: 'a' }
      const accepted = await rig.api.call('POST', '/v1/instances/shop/messages', { body: ours, headers })
      expect(accepted.json.messageId).toBe((first.json.key as { id: string }).id)
    })

    test('[F4] what changes nothing here is named in the answer', async () => {
      const { status, headers } = await send('sendText', { number, text: 'a', delay: 1200, linkPreview: true, encoding: false })
      expect([status, headers.get('zaplog-ignored')]).toEqual([201, 'delay, linkPreview'])
    })

    test.each<[string, string, object, string]>([
      ['no text', 'sendText', { number }, 'text: expected text, got nothing'],
      ['a number that is none', 'sendText', { number: 'Ana', text: 'a' }, 'number: expected a phone number'],
      [
        'a reply to what is not known',
        'sendText',
        { number, text: 'a', quoted: { key: { id: 'NONE' } } },
        'quoted.key.id: expected the id',
      ],
      [
        'a mention in a location',
        'sendLocation',
        { number, latitude: 1, longitude: 1, mentionsEveryOne: true },
        'mentionsEveryOne: expected nothing: it',
      ],
      [
        'a poll of one option',
        'sendPoll',
        { number, name: 'a', selectableCount: 1, values: ['a'] },
        'values: expected at least 2',
      ],
      [
        'a button that pays',
        'sendButtons',
        { number, title: 'a', buttons: [{ type: 'pix', displayText: 'a', id: 'b' }] },
        'buttons.0.type: expected reply',
      ],
      [
        'two emojis',
        'sendReaction',
        { key: { id: 'THEIRS', remoteJid: number, fromMe: false }, reaction: '🚀🚀' },
        'reaction: expected one emoji',
      ],
    ])('[F4] %s is 400 in the words of its fields', async (_, path, body, words) => {
      const { status, json } = await send(path, body)
      expect([status, json]).toEqual([
        400,
        { status: 400, error: 'Bad Request', response: { message: [expect.stringContaining(words)] } },
      ])
    })
  })
