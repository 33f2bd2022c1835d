// Calls of Evolution API that are waited for: each is one command, and what came of it is the answer, or where it can be read.
import { beforeAll, describe, expect, test } from 'vitest'
import { endNextCommand } from '../../ground/api/end-next-command.ts'
import type { EvolutionRig } from '../../ground/api/evolution-rig.ts'
import { adminKey } from '../../ground/api/open-test-api.ts'
import { appendEvents } from '../../ground/api/project-events.ts'
import { anEvent } from '../../ground/events.ts'
import { until } from '../../ground/until.ts'
import { actionCases, jid, link, people, person, readMessages } from './action-cases.ts'

export const actions = (rig: EvolutionRig) =>
  describe('what is waited for', () => {
    const { call } = rig
    const completed = (result: object | null) =>
      ({
        type: 'command.completed',
        at: Date.now(),
        saidAt: null,
        ...(result !== null && { result: JSON.stringify(result) }),
      }) as const
    beforeAll(async () => {
      await call('POST', 'instance/create', { instanceName: 'acts' })
      const received = anEvent('message.received', {
        ...{ instanceId: 'acts', messageId: 'THEIRS', chatId: rig.chatId, text: 'Olá' },
      })
      // Of somebody that the account knows by number alone.
      const known = anEvent('message.received', {
        instanceId: 'acts',
        messageId: 'KNOWN',
        chatId: person,
        chatPn: person,
        senderId: person,
        senderPn: person,
      })
      const position = await appendEvents(rig.api, [anEvent('instance.paired', { instanceId: 'acts' }), received, known])
      await rig.api.call('GET', `/v1/instances/acts?waitFor=${position}`)
    })

    test.each([...actionCases])(
      '[F4] %s: one command, whose result is the answer',
      async (_, method, path, body, [operation, kept], result, answer) => {
        for (const one of readMessages) one.remoteJid = rig.chatId
        const answering = call(method, path, body)
        const asked = await endNextCommand(rig.api.database, 'acts', completed(result))
        expect(asked).toMatchObject({ operation, body: kept })
        const plain = method !== 'POST' || path.startsWith('chat/updateProfile')
        expect(await answering).toMatchObject({ status: plain ? 200 : 201, json: answer })
      },
    )

    test('[F4] what WhatsApp refuses is 400 with why, and what is not over in time is 504 with where to ask', async () => {
      const leave = () => call('DELETE', `group/leaveGroup/acts?groupJid=${jid}`)
      const [refused] = await Promise.all([
        leave(),
        endNextCommand(rig.api.database, 'acts', {
          type: 'command.failed',
          at: 1,
          reason: 'refused',
          reasonText: 'WhatsApp refused it.',
          code: '403',
        }),
      ])
      expect(refused).toMatchObject({ status: 400, json: { response: { message: ['WhatsApp refused it. (403)'] } } })
      const other = await rig.api.openAnother({ dialects: ['evolution'], dialectWaitMs: 50 })
      const late = await fetch(`${other.url}/group/leaveGroup/acts?groupJid=${jid}`, {
        method: 'DELETE',
        headers: { apikey: adminKey },
      })
      expect([late.status, await late.json()]).toMatchObject([
        504,
        { response: { message: [expect.stringContaining('/v1/instances/acts/commands/')] } },
      ])
    })

    test('[F4] a group or a chat that is not named is refused in words', async () => {
      expect(await call('DELETE', 'group/leaveGroup/acts')).toMatchObject({
        status: 400,
        json: { response: { message: [expect.stringContaining('groupJid: expected a group')] } },
      })
      expect((await call('POST', 'chat/archiveChat/acts', { archive: true })).json.response).toEqual({
        message: ['chat: expected a chat, or its lastMessage, got nothing'],
      })
      expect((await call('POST', 'group/toggleEphemeral/acts', { groupJid: jid, expiration: 5 })).json.response).toMatchObject({
        message: [expect.stringContaining('expiration: expected')],
      })
    })

    test.each<[string, string, object, string]>([
      ['a group', 'group/updateGroupSubject/acts', { groupJid: 'Ana', subject: 'a' }, 'groupJid: expected a group'],
      ['a chat', 'chat/archiveChat/acts', { chat: 'Ana', archive: true }, 'chat: expected'],
      [
        'a chat of a message',
        'chat/markChatUnread/acts',
        { lastMessage: { key: { remoteJid: 'Ana' } } },
        'lastMessage.key.remoteJid: ',
      ],
      ['somebody', 'chat/updateBlockStatus/acts', { number: 'Ana', status: 'block' }, 'number: expected a phone number'],
      ['a number to write to', 'chat/sendPresence/acts', { number: 'Ana', presence: 'composing' }, 'number: expected'],
      ['who sees what', 'chat/updatePrivacySettings/acts', { last: 'everybody' }, 'last: expected one of all'],
      ['words', 'chat/updateProfileStatus/acts', { status: 'a'.repeat(140) }, 'status: expected at most 139'],
    ])('[F4] %s that there is not is refused by the name of its field', async (_, path, body, words) => {
      const { status, json } = await call('POST', path, body)
      expect([status, json.response]).toEqual([400, { message: [expect.stringContaining(words)] }])
    })

    test('[F4] chats are read all or none: all of it is in the log before any is waited for, each chat once', async () => {
      await call('POST', 'instance/create', { instanceName: 'many' })
      const [one, other] = ['5511900000021@s.whatsapp.net', '5511900000022@s.whatsapp.net']
      const [first, second, third] = ['A', 'B', 'C'].map((messageId, at) =>
        anEvent('message.received', { instanceId: 'many', messageId, chatId: at === 2 ? other : one, text: 'Olá' }),
      )
      if (first === undefined || second === undefined || third === undefined) throw new Error('expected three messages')
      const position = await appendEvents(rig.api, [anEvent('instance.paired', { instanceId: 'many' }), first, second, third])
      await rig.api.call('GET', `/v1/instances/many?waitFor=${position}`)
      const of = (remoteJid: string, id: string) => ({ remoteJid, fromMe: false, id })
      const mark = (...readMessages: object[]) => call('POST', 'chat/markMessageAsRead/many', { readMessages })
      const waiting = async () =>
        (await rig.api.call('GET', '/v1/instances/many/commands?state=waiting')).json.data as readonly { chatId: string }[]
      expect((await mark(of(one, 'A'), of('Ana', 'B'))).json.response).toEqual({
        message: [expect.stringContaining('readMessages.1.remoteJid: expected')],
      })
      expect(await waiting()).toEqual([])
      const marking = mark(of(one, 'A'), of('+55 11 90000-0021', 'B'), of(other, 'C'))
      await until('both to wait', async () => (await waiting()).length === 2)
      for (let at = 0; at < 2; at += 1) await endNextCommand(rig.api.database, 'many', completed(null))
      expect((await marking).status).toBe(201)
      expect(await waiting()).toEqual([])
    })

    test('[F4] of a group whose people were not made admins the answer says that it is there', async () => {
      const body = { subject: 'Clientes', participants: ['5511900000012'], promoteParticipants: true }
      const making = call('POST', 'group/create/acts', body)
      await endUntil('group.create', { groupId: jid, ...people })
      const why = { reason: 'refused', reasonText: 'WhatsApp refused it.', code: null } as const
      await endNextCommand(rig.api.database, 'acts', { type: 'command.failed', at: 1, ...why })
      expect((await making).json.response).toEqual({ message: [expect.stringContaining(`group ${jid} is made`)] })
    })

    test('[F4] an invite is a text to each number', async () => {
      const asking = call('POST', 'group/sendInvite/acts', {
        groupJid: jid,
        description: 'Venha',
        numbers: ['5511900000012', '5511900000013', '+55 11 90000-0012'],
      })
      await endUntil('group.read-invite-link', link)
      expect(await asking).toMatchObject({ status: 200, json: { send: true, inviteUrl: link.url } })
      const { data } = (await rig.api.call('GET', '/v1/instances/acts/commands?state=waiting')).json as {
        data: { chatId: string }[]
      }
      expect(data.map(one => one.chatId).toSorted()).toEqual([person, '5511900000013@s.whatsapp.net'])
    })

    /** What was left before is ended on the way. */
    async function endUntil(operation: string, result: object) {
      for (;;) if ((await endNextCommand(rig.api.database, 'acts', completed(result))).operation === operation) return
    }
  })
