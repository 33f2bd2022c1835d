// Sessions of messages that are worked on, over HTTP, for tests: begun, due, ended, and what was told of each.
import { expect } from 'vitest'
import type { Transaction } from '../../../src/database/database.ts'
import type { Event, EventOf } from '../../../src/events/event.ts'
import { anEvent, somebody } from '../events.ts'
import { until } from '../until.ts'
import { anInstance as anEmptyInstance, type CommandsWorld, recordsOf } from './commands-world.ts'
import type { Answer } from './open-test-api.ts'
import { tellApi } from './project-events.ts'

export const waitingMax = 20

/** Of its own, with messages of somebody. */
export async function anInstance(world: CommandsWorld, ...messageIds: readonly string[]): Promise<string> {
  const id = await anEmptyInstance(world)
  const said = messageIds.map(messageId => anEvent('message.received', { instanceId: id, messageId, text: 'hello' }))
  await tellApi(world.api, [anEvent('instance.paired', { instanceId: id }), ...said])
  return id
}

export const start = (world: CommandsWorld, id: string, messageId: string, body: object = {}): Promise<Answer> =>
  world.api.call('POST', `/v1/instances/${id}/processing`, { body: { chatId: somebody.lid, messageId, ...body } })

export async function begin(world: CommandsWorld, id: string, messageId: string): Promise<string> {
  const { status, json } = await start(world, id, messageId)
  expect(status).toBe(201)
  return String(json.sessionId)
}

export const finish = (world: CommandsWorld, sessionId: unknown, body: object = { status: 'success' }): Promise<Answer> =>
  world.api.call('POST', `/v1/processing/${sessionId}/finish`, { body })

export const read = (world: CommandsWorld, sessionId: unknown) => world.api.call('GET', `/v1/processing/${sessionId}`)

export const dueIn = (world: CommandsWorld, sessionId: string, time: string, database: Transaction = world.api.database) =>
  database.query('update processing_sessions set timeout_at = now() + $2::interval where session_id = $1', [sessionId, time])

/** Any moment it may be ended. */
export const dueNow = (world: CommandsWorld, sessionId: string) => dueIn(world, sessionId, '0')

export const untilStatus = (world: CommandsWorld, sessionId: string, status: string) =>
  until(`the session is ${status}, and told`, async () => {
    const { json } = await read(world, sessionId)
    return json.status === status && json.reactionCommandId !== null && json
  })

type Told = EventOf<'processing.started' | 'processing.finished' | 'processing.timed-out'>

const isTold = (event: Event): event is Told => event.type.startsWith('processing.')

export const told = async (world: CommandsWorld, id: string) => (await recordsOf(world, id, 'events')).filter(isTold)

/** What was asked of the account, each command once. */
export async function asked(world: CommandsWorld, id: string) {
  const accepted = (await recordsOf(world, id)).filter(event => event.type === 'command.accepted')
  return accepted.map(({ commandId, body }) => ({ commandId, ...JSON.parse(body) }))
}

export const refusal = ({ status, json }: Answer) => ({ status, type: json.type, errors: json.errors })
