// What the tests of the Cloud API’s calls share: an API with the accounts `shop`, which is open and to which Ana wrote, `twin` and `other`.
import { expect } from 'vitest'
import { commands } from '../../../src/projections/commands/commands.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { anEvent } from '../events.ts'
import { openTestApi, type TestApi } from './open-test-api.ts'
import { appendEvents, projectEvents } from './project-events.ts'

export type CloudApiRig = {
  api: TestApi
  /** Where the message THEIRS is. */
  chatId: string
  close(): Promise<void>
}

export async function openCloudApiRig(name: string, logger: Logger): Promise<CloudApiRig> {
  const api = await openTestApi(name, logger, { dialects: ['cloud-api'] })
  const projecting = [await projectEvents(api, logger), await projectEvents(api, logger, commands)]
  for (const id of ['shop', 'twin', 'other']) await api.call('POST', '/v1/instances', { body: { id, name: `The ${id}` } })
  const received = anEvent('message.received', {
    instanceId: 'shop',
    messageId: 'THEIRS',
    text: 'Olá',
    occurredAt: api.clock.nowAt,
  })
  const close = async () => {
    for (const one of projecting) await one.close()
    await api.close()
  }
  const rig = { api, chatId: String(received.chatId), close }
  await paired(rig, 'shop', phone)
  const position = await appendEvents(api, [received])
  expect((await api.call('GET', `/v1/instances/shop?waitFor=${position}`)).json.phone).toBe(phone)
  return rig
}

export const phone = '5511900000001'

export async function paired(rig: CloudApiRig, instanceId: string, digits: string) {
  const state = { instanceId, state: 'open', reason: null, reasonText: null, phone: digits, lid: null }
  const position = await appendEvents(rig.api, [
    anEvent('instance.paired', { instanceId, phone: digits }),
    anEvent('instance.state-changed', state),
  ])
  await rig.api.call('GET', `/v1/instances/${instanceId}?waitFor=${position}`)
}

export const whatsapp = { messaging_product: 'whatsapp', recipient_type: 'individual', to: '5511900000011' }

export const post = (
  rig: CloudApiRig,
  body: object,
  { at = '/v21.0/shop', headers = {} }: { at?: string; headers?: Record<string, string> } = {},
) => rig.api.call('POST', `${at}/messages`, { body: { ...whatsapp, ...body }, headers })

export const idIn = ({ messages }: Record<string, unknown>): string => (messages as { id: string }[])[0]?.id ?? ''

export const codeIn = ({ error }: Record<string, unknown>): unknown => (error as { code: number } | undefined)?.code
