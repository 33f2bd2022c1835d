// Commands over HTTP, for tests: the API with what it projects, on a log and a store that fail when they are told to, and accounts that nobody holds.
import { expect } from 'vitest'
import type { Event } from '../../../src/events/event.ts'
import type { TopicName } from '../../../src/events/topics.ts'
import { beginTry } from '../../../src/instances/command-tries.ts'
import type { Outcome } from '../../../src/instances/commands.ts'
import { decideOutcome, endCommand } from '../../../src/instances/commands-at-work.ts'
import { claimCommands } from '../../../src/instances/commands-claimed.ts'
import { LogError } from '../../../src/log/log.ts'
import { commands } from '../../../src/projections/commands/commands.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { until } from '../until.ts'
import { type Answer, openTestApi } from './open-test-api.ts'
import { projectEvents } from './project-events.ts'

export type CommandsWorld = Awaited<ReturnType<typeof openCommandsWorld>>
type Given = NonNullable<Parameters<typeof openTestApi>[2]>
type Parts = {
  /** What the log does with an append, in place of taking it. */
  append: 'takes' | 'takes apart' | 'refuses' | 'refuses commands' | 'takes none so large' | 'takes and dies'
  isStoreAway: boolean
}

export async function openCommandsWorld(name: string, logger: Logger, given: Given = {}) {
  const parts: Parts = { append: 'takes', isStoreAway: false }
  const api = await openTestApi(name, logger, { ...given, ...failing(parts) })
  const projecting = [await projectEvents(api, logger), await projectEvents(api, logger, commands)]
  return {
    api,
    parts,
    /** So many instances. */
    made: 0,
    close: async () => {
      for (const one of projecting) await one.close()
      await api.close()
    },
  }
}

const failing = (parts: Parts): Given => ({
  objects: store => ({
    ...store,
    delete: async (keys, signal) => {
      if (parts.isStoreAway) throw new Error('deleting 1 object: the store does not answer')
      return store.delete(keys, signal)
    },
  }),
  log: log => ({
    ...log,
    /** Of another server than the database's, whatever else is wrong with it. */
    get inside() {
      return parts.append === 'takes' ? log.inside : null
    },
    append: async (given, signal) => {
      const { append } = parts
      if (append === 'refuses' || (append === 'refuses commands' && given.topic.endsWith('commands')))
        throw new LogError('unavailable', 'appending 1 record: leader not available')
      if (append === 'takes none so large') throw new LogError('record-too-large', 'appending 1 record: 2 bytes are taken')
      const positions = await log.append(given, signal)
      if (append === 'takes and dies') throw new LogError('aborted', 'appending 1 record: stopped')
      return positions
    },
  }),
})

/** Of its own, so that its list has what its test asked for alone. */
export async function anInstance(world: CommandsWorld): Promise<string> {
  world.made += 1
  const id = `shop-${world.made}`
  expect((await world.api.call('POST', '/v1/instances', { body: { id, name: id } })).status).toBe(201)
  return id
}

export const hello = { chatId: '5511900000011', kind: 'text', text: 'Olá!' }

export const ask = (
  world: CommandsWorld,
  id: string,
  { key, body = hello }: { key?: string; body?: unknown } = {},
): Promise<Answer> =>
  world.api.call('POST', `/v1/instances/${id}/messages`, {
    body,
    ...(key !== undefined && { headers: { 'idempotency-key': key } }),
  })

/** No socket of it was ever open. */
export const away = { reason: 'connection', nextAt: null, commandId: null, instanceState: 'created', refusal: null }

export const read = (world: CommandsWorld, id: string, commandId: unknown, query = '') =>
  world.api.call('GET', `/v1/instances/${id}/commands/${commandId}${query}`)

export const owned = (instanceId: string, epoch = 1) => ({ instanceId, epoch })

export async function claim(world: CommandsWorld, id: string, epoch = 1, limit = 10) {
  await world.api.database.query(
    `insert into instance_owners (instance_id, epoch) values ($1, $2) on conflict (instance_id) do update set epoch = excluded.epoch`,
    [id, epoch],
  )
  return claimCommands(world.api.database, owned(id, epoch), {
    busy: [],
    limit,
    turns: limit,
    firsts: { spacingMs: 0, perDay: 0 },
  })
}

/** What a topic has of an instance. */
export async function recordsOf({ api }: CommandsWorld, instanceId: string, topic: TopicName = 'commands'): Promise<Event[]> {
  const events: Event[] = []
  const signal = AbortSignal.timeout(10_000)
  for await (const record of api.testLog.log.read(api.testLog.topic(topic), { from: 'first', until: 'end' }, signal)) {
    const event = record.key === instanceId ? await api.testLog.codec.decode(record.value, signal) : null
    if (event !== null) events.push(event)
  }
  return events
}

/** As its owner does it. */
export async function endAs(world: CommandsWorld, id: string, outcome: Outcome) {
  const [claimed] = await until('the command to be claimed', async () => {
    const all = await claim(world, id)
    return all.length > 0 ? all : null
  })
  const commandId = claimed?.command_id ?? ''
  await beginTry(world.api.database, { ...owned(id), commandId, tries: 1, built: Buffer.from('sealed') })
  await decideOutcome(world.api.database, { ...owned(id), commandId, outcome })
  await endCommand(world.api.database, { instanceId: id, commandId })
}
