// What the tests of Evolution API's calls share: one API with one account, `shop`, to whom Ana wrote and who answered.
import { afterAll, beforeAll, expect } from 'vitest'
import { commands } from '../../../src/projections/commands/commands.ts'
import { anEvent } from '../events.ts'
import { collectLogLines } from '../log-lines.ts'
import { type Answer, adminKey, openTestApi, type TestApi } from './open-test-api.ts'
import { appendEvents, projectEvents } from './project-events.ts'

export const number = '5511900000011'
export const group = '120363000000000001@g.us'

export type EvolutionRig = {
  api: TestApi
  logger: ReturnType<typeof collectLogLines>
  /** Where both messages are: theirs is THEIRS, the account's own OURS. */
  chatId: string
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** POST /message/{path}/shop */
  send(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>
}

/** Opened before the tests of a file, which read it once they run, and closed after them. */
export function evolutionRig(): EvolutionRig {
  const logger = collectLogLines()
  let open: { api: TestApi; chatId: string; projecting: readonly { close(): Promise<void> }[] } | null = null
  const opened = () => {
    if (open === null) throw new Error('expected to be asked by a test')
    return open
  }
  const call: EvolutionRig['call'] = (method, path, body, headers = {}) =>
    opened().api.call(method, `/${path}`, {
      ...{ key: null, headers: { apikey: adminKey, ...headers } },
      ...(body !== undefined && { body }),
    })
  beforeAll(async () => {
    const api = await openTestApi('api-evolution', logger, { dialects: ['evolution'], pairingCodeWaitMs: 300 })
    const projecting = [await projectEvents(api, logger), await projectEvents(api, logger, commands)]
    const occurredAt = api.clock.nowAt - 60_000
    const of = { instanceId: 'shop', occurredAt }
    const received = anEvent('message.received', { ...of, messageId: 'THEIRS', text: 'Olá' })
    open = { api, projecting, chatId: String(received.chatId) }
    const created = await call('POST', 'instance/create', { instanceName: 'shop', integration: 'WHATSAPP-BAILEYS' })
    expect(created).toMatchObject({ status: 201 })
    const sent = anEvent('message.sent', { ...of, messageId: 'OURS', text: 'já vai' })
    const known = [anEvent('instance.paired', { instanceId: 'shop' }), anEvent('contact.updated', { instanceId: 'shop' })]
    const position = await appendEvents(api, [...known, received, sent])
    expect((await api.call('GET', `/v1/instances/shop?waitFor=${position}`)).status).toBe(200)
  })
  afterAll(async () => {
    for (const one of opened().projecting) await one.close()
    await opened().api.close()
  })
  return {
    ...{ logger, call, send: (path, body, headers) => call('POST', `message/${path}/shop`, body, headers) },
    get api() {
      return opened().api
    },
    get chatId() {
      return opened().chatId
    },
  }
}
