// The WhatsApp Cloud API’s account and read marks as Meta’s reference has them; what passes, and what is none of its calls, is told in its own codes.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CloudApiRig, codeIn, openCloudApiRig, paired, phone, post, whatsapp } from '../ground/api/cloud-api-rig.ts'
import { endNextCommand } from '../ground/api/end-next-command.ts'
import { adminKey } from '../ground/api/open-test-api.ts'
import { appendEvents } from '../ground/api/project-events.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: CloudApiRig
beforeAll(async () => {
  rig = await openCloudApiRig('api-cloud-api', logger)
})
afterAll(() => rig.close())

test('[F4] an account that is called as files are is the account', async () => {
  const id = 'a'.repeat(32)
  await rig.api.call('POST', '/v1/instances', { body: { id, name: 'A' } })
  expect((await rig.api.call('GET', `/v21.0/${id}`)).json).toMatchObject({ id, verified_name: 'A' })
})

test('[F4] what passes is told as that: as much as may wait for the account', async () => {
  const full = await rig.api.openAnother({ dialects: ['cloud-api'], commandsWaitingMax: 1 })
  await rig.api.call('POST', '/v1/instances', { body: { id: 'full', name: 'full' } })
  const send = () =>
    fetch(`${full.url}/v21.0/full/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...whatsapp, text: { body: 'a' } }),
    })
  expect((await send()).status).toBe(200)
  await until('it to wait', async () => {
    const { data } = (await rig.api.call('GET', '/v1/instances/full/commands?state=waiting')).json
    return (data as readonly unknown[]).length === 1
  })
  const refused = await send()
  expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toMatchObject([
    429,
    '60',
    { error: { code: 130429 } },
  ])
})

describe('read marks', () => {
  test('[F4] a message is read, and the account shown as typing, each one command', async () => {
    const completed = { type: 'command.completed', at: 1, saidAt: null } as const
    await rig.api.call('POST', '/v1/instances', { body: { id: 'reads', name: 'reads' } })
    const received = anEvent('message.received', { instanceId: 'reads', messageId: 'THEIRS', chatId: rig.chatId, text: 'Olá' })
    const position = await appendEvents(rig.api, [anEvent('instance.paired', { instanceId: 'reads' }), received])
    await rig.api.call('GET', `/v1/instances/reads?waitFor=${position}`)
    const mark = { messaging_product: 'whatsapp', status: 'read', message_id: 'THEIRS' }
    const marking = rig.api.call('POST', '/v21.0/reads/messages', { body: { ...mark, typing_indicator: { type: 'text' } } })
    await until('both to be in the log', async () => {
      const { data } = (await rig.api.call('GET', '/v1/instances/reads/commands?state=waiting')).json
      return (data as readonly unknown[]).length === 2
    })
    expect(await endNextCommand(rig.api.database, 'reads', completed)).toMatchObject({
      operation: 'chat.read',
      body: { messages: [{ messageId: 'THEIRS' }] },
    })
    expect(await endNextCommand(rig.api.database, 'reads', completed)).toMatchObject({
      operation: 'chat.typing',
      body: { state: 'composing' },
    })
    expect(await marking).toMatchObject({ status: 200, json: { success: true } })
    const refusing = rig.api.call('POST', '/v21.0/reads/messages', { body: mark })
    await endNextCommand(rig.api.database, 'reads', {
      type: 'command.failed',
      at: 1,
      reason: 'refused',
      reasonText: 'WhatsApp refused it.',
      code: null,
    })
    expect(codeIn((await refusing).json)).toBe(131026)
    expect(codeIn((await rig.api.call('POST', '/v21.0/reads/messages', { body: { ...mark, message_id: 'NONE' } })).json)).toBe(
      100,
    )
  })
})

describe('the account', () => {
  test('[F4] is named by its instance’s id, or its digits where one instance has them, at every version from 13', async () => {
    const text = { text: { body: 'a' } }
    for (const at of ['/v13.0/shop', '/v21.0/shop', '/v99.0/shop', `/v22.0/${phone}`, '/v21/shop'])
      expect([at, (await post(rig, text, { at })).status]).toEqual([at, 200])
    for (const at of ['/v12.0/shop', '/v2/shop', '/v1/shop'])
      expect([at, (await post(rig, text, { at })).status]).toEqual([at, 404])
    expect((await rig.api.call('GET', `/v21.0/${phone}`)).json).toEqual({
      ...{ id: 'shop', verified_name: 'The shop', display_phone_number: `+${phone}` },
    })
    for (const at of ['/v21.0/nobody', '/v21.0/5511900000098'])
      expect(await post(rig, text, { at })).toMatchObject({ status: 400, json: { error: { code: 100, error_subcode: 33 } } })
    await paired(rig, 'twin', phone)
    const both = await post(rig, text, { at: `/v21.0/${phone}` })
    expect(both.json).toMatchObject({ error: { error_data: { details: expect.stringContaining('by its id: shop, twin') } } })
  })

  test('[F4] one that is logged out is not registered, as Meta says it', async () => {
    const state = { instanceId: 'other', state: 'logged-out', reason: null, reasonText: null }
    const position = await appendEvents(rig.api, [anEvent('instance.state-changed', state)])
    await rig.api.call('GET', `/v1/instances/other?waitFor=${position}`)
    const refused = await post(rig, { text: { body: 'a' } }, { at: '/v21.0/other' })
    expect([refused.status, codeIn(refused.json)]).toEqual([400, 133010])
  })

  test('[F4] [I1] without a right token it is 401 and 190, before anything is read', async () => {
    for (const key of [null, 'wrong']) {
      const { status, json } = await rig.api.call('POST', '/v21.0/shop/messages', { key, rawBody: '{' })
      expect([status, json]).toMatchObject([401, { error: { code: 190, type: 'OAuthException' } }])
    }
  })

  test('[F4] what cannot be read is 100, and another method of our own calls is what it was', async () => {
    for (const body of ['{', '[]', '"a"', ''])
      expect(codeIn((await rig.api.call('POST', '/v21.0/shop/messages', { rawBody: body })).json)).toBe(100)
    const { status, headers } = await rig.api.call('PUT', '/v1/instances')
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, POST'])
    expect(logger.lines.filter(line => line.event === 'request.failed')).toEqual([])
  })
})
