// People and businesses of Evolution API's calls: what WhatsApp says of them, as our own reads answer it.
import { beforeAll, describe, expect, test } from 'vitest'
import { openInstanceRows } from '../../../src/instances/instance-rows.ts'
import type { SocketRead } from '../../../src/instances/socket-answers.ts'
import { answerQuestions, readQuestions, type SocketAnswer } from '../../../src/instances/socket-reads.ts'
import type { EvolutionRig } from '../../ground/api/evolution-rig.ts'
import { until } from '../../ground/until.ts'

export const people = (rig: EvolutionRig) =>
  describe('people', () => {
    const { call } = rig
    const pn = '5511900000011@s.whatsapp.net'
    let epoch = 0
    beforeAll(async () => {
      await call('POST', 'instance/create', { instanceName: 'asks' })
      epoch = (await openInstanceRows(rig.api).takeEpoch('asks')).epoch
    })

    /** Whoever holds the account answers each once it is asked. */
    async function answer(kind: SocketRead, one: SocketAnswer) {
      const { subject, readAt } = await until(`a question for ${kind}`, async () => {
        const found = await readQuestions(rig.api.database, ['asks'], { perInstance: 50 })
        return found.find(question => question.kind === kind) ?? null
      })
      await answerQuestions(rig.api.database, {
        instanceId: 'asks',
        epoch,
        kind,
        answers: [{ subject, answer: one, keptMs: 60_000 }],
        readAt,
      })
    }
    const none = { code: '404' }
    const business = {
      isBusiness: true,
      description: 'Loja',
      category: null,
      address: null,
      email: 'loja@example.com',
      websites: ['https://example.com'],
    }

    test('[F4] numbers, pictures and what people and businesses say are what our own reads answer', async () => {
      const numbers = ['+55 11 90000-0011', '5511900000014']
      const checking = call('POST', 'chat/whatsappNumbers/asks', { numbers })
      await answer('number', { said: { onWhatsApp: true, id: '200000000000011@lid', pn } })
      await answer('number', { said: { onWhatsApp: false, id: null, pn: null } })
      const { status, text } = await checking
      const [found, missing] = JSON.parse(text) as readonly { number: string; exists: boolean }[]
      expect([status, found?.number, missing?.number]).toEqual([200, '5511900000011', '5511900000014'])
      expect(new Set([found?.exists, missing?.exists])).toEqual(new Set([true, false]))
      const showing = call('POST', 'chat/fetchProfilePictureUrl/asks', { number: '5511900000015' })
      await answer('picture', none)
      expect((await showing).json).toEqual({ wuid: '5511900000015@s.whatsapp.net', profilePictureUrl: null })
      const asking = call('POST', 'chat/fetchBusinessProfile/asks', { number: '5511900000015' })
      await answer('business', { said: business })
      const { websites: website, ...shown } = business
      expect((await asking).json).toEqual({ wuid: '5511900000015@s.whatsapp.net', ...shown, website })
    })

    test('[F4] who sees what of the account is read as its product names it', async () => {
      const asking = call('GET', 'chat/fetchPrivacySettings/asks')
      const seen = { lastSeen: 'none', online: 'all', picture: 'contacts', about: 'all' }
      const others = { readReceipts: 'none', groupsAdd: 'contacts', callsAdd: 'known', defaultExpiresInSeconds: null }
      await answer('privacy', { said: { ...seen, ...others } })
      const { status, json } = await asking
      expect([status, json]).toEqual([
        200,
        {
          ...{ readreceipts: 'none', profile: 'contacts', status: 'all', online: 'all', calladd: 'known', last: 'none' },
          groupadd: 'contacts',
        },
      ])
    })

    test('[F4] a profile is all of it, as far as the account may see it', async () => {
      const asking = call('POST', 'chat/fetchProfile/asks', { number: '5511900000016' })
      await answer('number', { said: { onWhatsApp: true, id: null, pn: '5511900000016@s.whatsapp.net' } })
      await answer('picture', { said: { pictureId: '1', url: 'https://example.com/p' } })
      await answer('about', { said: { about: 'Oi', setAt: null } })
      await answer('business', { said: business })
      expect(await asking).toMatchObject({
        status: 200,
        json: {
          ...{ wuid: '5511900000016@s.whatsapp.net', numberExists: true, picture: 'https://example.com/p' },
          ...{ status: { status: 'Oi' }, isBusiness: true, website: 'https://example.com' },
        },
      })
      expect((await call('POST', 'chat/fetchProfile/asks', { number: 'Ana' })).json.response).toEqual({
        message: [expect.stringContaining('number: expected a phone number')],
      })
    })
  })
