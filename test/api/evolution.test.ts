// Evolution API's calls as its documentation has them: each becomes one of our commands, reads or changes, and answers in its shapes. One API
// for all of them; what each house of calls does is in evolution/.
import { describe, expect, test } from 'vitest'
import { callsNotDone } from '../../src/api/evolution/not-done.ts'
import { evolutionRig, group } from '../ground/api/evolution-rig.ts'
import { adminKey } from '../ground/api/open-test-api.ts'
import { appendEvents } from '../ground/api/project-events.ts'
import { anEvent } from '../ground/events.ts'
import { actions } from './evolution/actions.ts'
import { files } from './evolution/files.ts'
import { instances } from './evolution/instances.ts'
import { messages } from './evolution/messages.ts'
import { people } from './evolution/people.ts'

const rig = evolutionRig()
const { call } = rig

messages(rig)
files(rig)
actions(rig)
instances(rig)

describe('groups', () => {
  test('[F4] they are shown as they are known, with everybody in them', async () => {
    const people = [{ id: '5511900000012@s.whatsapp.net', role: 'admin' }]
    const updated = anEvent('group.updated', { instanceId: 'shop', groupId: group, subject: 'Clientes', participants: people })
    const position = await appendEvents(rig.api, [updated])
    await rig.api.call('GET', `/v1/instances/shop?waitFor=${position}`)
    const infos = await call('GET', `group/findGroupInfos/shop?groupJid=${group}`)
    expect(infos).toMatchObject({
      status: 200,
      json: { id: group, subject: 'Clientes', size: 1, participants: [{ id: '5511900000012@s.whatsapp.net', admin: 'admin' }] },
    })
    const all = JSON.parse((await call('GET', 'group/fetchAllGroups/shop?getParticipants=true')).text)
    expect(all).toMatchObject([{ id: group, participants: [{ id: '5511900000012@s.whatsapp.net' }] }])
    expect((await call('GET', 'group/participants/shop?groupJid=120363000000000009')).status).toBe(404)
    expect((await call('GET', 'group/fetchAllGroups/shop')).status).toBe(400)
  })
})

people(rig)

describe('the door', () => {
  test('[F4] [I1] without a right key each is 401 in its shape, before anything is read', async () => {
    for (const headers of [{}, { apikey: 'wrong' }]) {
      const { status, json } = await rig.api.call('POST', '/message/sendText/shop', { key: null, headers, rawBody: '{' })
      expect([status, json]).toMatchObject([401, { status: 401, error: 'Unauthorized' }])
    }
  })

  test('[F4] calls that are not done say so, and what there is instead', async () => {
    for (const { method, path, words } of callsNotDone) {
      const { status, json } = await call(method, `${path}/shop`)
      expect([path, status, json.response]).toEqual([path, 501, { message: [expect.stringContaining(words)] }])
    }
    expect(rig.logger.lines.filter(line => line.event === 'request.failed')).toEqual([])
  })

  test('[F4] what there is not is 404 in its shape, as is a method that a call does not have', async () => {
    for (const [method, path] of [
      ['POST', 'message/sendNothing/shop'],
      ['GET', 'chat/nothing'],
      ['GET', 'message/sendText/shop'],
      ['PUT', 'webhook/set/shop/more'],
    ] as const)
      expect([path, await call(method, path)]).toMatchObject([path, { status: 404, json: { status: 404, error: 'Not Found' } }])
    expect((await rig.api.call('POST', '/message/sendNothing/shop', { key: null })).json).toMatchObject({ status: 401 })
  })

  test('[F4] [I3] text that Postgres cannot hold is refused in a path, too', async () => {
    for (const path of ['instance/connectionState/a%00b', 'group/findGroupInfos/a%00b?groupJid=120363000000000009'])
      expect([path, await call('GET', path)]).toMatchObject([
        path,
        { status: 400, json: { response: { message: ['instance: expected text without NUL, got a\0b'] } } },
      ])
    expect((await call('POST', 'message/sendText/a%00b', { number: '5511900000011', text: 'a' })).status).toBe(400)
  })

  test('[F4] [I3] a deletion with more of a body than any has is 413, which its client can read', async () => {
    const body = JSON.stringify({ id: 'a'.repeat(200_000), remoteJid: rig.chatId })
    const { status, json } = await rig.api.call('DELETE', '/chat/deleteMessageForEveryone/shop', { rawBody: body })
    expect([status, json.error]).toEqual([413, 'Payload Too Large'])
  })

  test('[F4] bodies that cannot be read are refused in its shape', async () => {
    const post = (rawBody: string) => rig.api.call('POST', '/message/sendText/shop', { rawBody })
    for (const body of ['{', '[]', '"a"', '']) expect([body, (await post(body)).json]).toMatchObject([body, { status: 400 }])
    const deletion = await rig.api.call('DELETE', '/chat/deleteMessageForEveryone/shop', { rawBody: '{' })
    expect(deletion.json).toMatchObject({ status: 400, error: 'Bad Request' })
  })

  test('[F4] switched off, as it is at first, there is none of it', async () => {
    const off = await rig.api.openAnother()
    const key = { apikey: adminKey, 'content-type': 'application/json' }
    for (const path of [
      'message/sendText/shop',
      'instance/create',
      'settings/set/shop',
      'chat/updateBlockStatus/shop',
      'v21.0/shop/messages',
    ])
      expect([path, (await fetch(`${off.url}/${path}`, { method: 'POST', headers: key, body: '{}' })).status]).toEqual([
        path,
        404,
      ])
    for (const path of ['instance/connect/shop', 'instance/fetchInstances', 'group/fetchAllGroups/shop', 'v21.0/shop'])
      expect([path, (await fetch(`${off.url}/${path}`, { headers: key })).status]).toEqual([path, 404])
    const described = Object.keys((await rig.api.call('GET', '/openapi.json')).json.paths as object)
    expect(described.filter(path => /^\/(message|instance|chat|group)\//.test(path))).toEqual([])
  })
})
