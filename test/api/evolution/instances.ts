// Instances of Evolution API's calls: ours, under the id that is their name.
import { describe, expect, test } from 'vitest'
import type { EvolutionRig } from '../../ground/api/evolution-rig.ts'

export const instances = (rig: EvolutionRig) =>
  describe('instances', () => {
    const { call } = rig
    test('[F4] one is created, shown and settable under its name, and not twice', async () => {
      const created = await call('POST', 'instance/create', {
        instanceName: 'loja',
        integration: 'WHATSAPP-BAILEYS',
        groupsIgnore: true,
      })
      expect(created.headers.get('zaplog-position')).not.toBeNull()
      expect(created).toMatchObject({
        status: 201,
        json: { instance: { instanceName: 'loja', instanceId: 'loja' }, hash: null, settings: { groupsIgnore: true } },
      })
      expect(await call('POST', 'instance/create', { instanceName: 'loja' })).toMatchObject({
        status: 403,
        json: { error: 'Forbidden' },
      })
      expect((await rig.api.call('GET', '/v1/instances/loja')).json).toMatchObject({ settings: { ignoreGroups: true } })
      const set = await call('POST', 'settings/set/loja', {
        groupsIgnore: false,
        alwaysOnline: true,
        syncFullHistory: false,
        rejectCall: false,
      })
      expect(set.status).toBe(201)
      expect((await call('GET', 'settings/find/loja')).json).toMatchObject({ groupsIgnore: false, alwaysOnline: true })
      expect((await call('GET', 'instance/connectionState/loja')).json).toEqual({
        instance: { instanceName: 'loja', state: 'connecting' },
      })
      const { text } = await call('GET', 'instance/fetchInstances?instanceName=shop')
      expect(JSON.parse(text)).toMatchObject([
        {
          ...{ id: 'shop', name: 'shop', integration: 'WHATSAPP-BAILEYS', token: null, connectionStatus: expect.any(String) },
          ...{ disconnectionReasonCode: null, disconnectionAt: null, Setting: { groupsIgnore: false, rejectCall: false } },
        },
      ])
      expect(JSON.parse((await call('GET', 'instance/fetchInstances')).text).length).toBeGreaterThan(1)
    })

    test.each<[string, object, string]>([
      ['a name that is no id', { instanceName: 'Minha Loja' }, 'instanceName: expected up to 63'],
      ['a key of its own', { instanceName: 'a', token: 'T0K3N' }, 'token: expected nothing: an instance has no key'],
      ['a webhook', { instanceName: 'a', webhook: { url: 'https://example.com' } }, 'webhook: expected nothing: webhooks are'],
      [
        'the business platform',
        { instanceName: 'a', integration: 'WHATSAPP-BUSINESS' },
        'integration: expected WHATSAPP-BAILEYS',
      ],
      ['a phone that is none', { instanceName: 'a', qrcode: true, number: '119' }, 'number: expected a phone number'],
      ['calls refused by themselves', { instanceName: 'a', rejectCall: true }, 'rejectCall: expected nothing: calls'],
    ])('[F4] %s is refused in words, and nothing is made', async (_, body, words) => {
      const { status, json } = await call('POST', 'instance/create', body)
      expect([status, json.response]).toEqual([400, { message: [expect.stringContaining(words)] }])
      expect((await rig.api.call('GET', '/v1/instances/a')).status).toBe(404)
    })

    test('[F4] [A1] one that shows no code in time is made all the same', async () => {
      const created = await call('POST', 'instance/create', { instanceName: 'slow', qrcode: true, number: '+55 11 90000-0031' })
      expect(created).toMatchObject({ status: 201, json: { instance: { instanceName: 'slow' }, qrcode: null } })
      expect((await rig.api.call('GET', '/v1/instances/slow')).status).toBe(200)
    })

    test('[F4] [A1] who connects waits for the code, and hears why none came', async () => {
      const refused = await call('GET', 'instance/connect/loja')
      expect(refused).toMatchObject({
        status: 409,
        json: { error: 'Conflict', response: { message: [expect.stringContaining('loja is')] } },
      })
      expect((await call('GET', 'instance/connect/loja?number=5511900000001')).json.response).toMatchObject({
        message: [expect.stringContaining('no pairing code came')],
      })
      expect((await call('GET', 'instance/connect/loja?number=Ana')).status).toBe(400)
    })

    test('[F4] one that is named and that there is not is 404, and one that is logged out says so in Baileys’ number', async () => {
      for (const query of ['instanceName=nobody', 'instanceId=nobody', 'number=5511900000098'])
        expect([query, await call('GET', `instance/fetchInstances?${query}`)]).toMatchObject([query, { status: 404 }])
      const { text } = await call('GET', 'instance/fetchInstances?instanceName=out')
      expect(JSON.parse(text)).toMatchObject([{ connectionStatus: 'close', disconnectionReasonCode: 401 }])
    })

    test('[F4] one that is there no more is 404, as is what there never was', async () => {
      expect((await call('POST', 'instance/restart/loja')).status).toBe(200)
      expect((await call('DELETE', 'instance/logout/loja')).json).toMatchObject({ status: 'SUCCESS', error: false })
      expect((await call('DELETE', 'instance/delete/loja')).json).toMatchObject({ status: 'SUCCESS', error: false })
      for (const path of [
        'instance/connectionState/loja',
        'instance/connect/nobody',
        'settings/find/nobody',
        'group/fetchAllGroups/nobody?getParticipants=false',
      ])
        expect([path, await call('GET', path)]).toMatchObject([path, { status: 404, json: { status: 404, error: 'Not Found' } }])
    })
  })
