// Commands as their records say them, for tests of what becomes of those: each by its key.
import type { EventOf } from '../../../src/events/event.ts'
import { commandIds } from '../../../src/instances/command-ids.ts'
import { askCommand } from '../../../src/instances/commands.ts'
import { anEvent, somebody, testStartAt } from '../events.ts'
import type { ProjectionDsl } from '../projection-dsl.ts'

export const body = { chatId: somebody.lid, kind: 'text', text: 'Olá' }

export const asks = (key: string, given: Partial<EventOf<'command.accepted'>> = {}, instanceId = 'shop') => {
  const { commandId, eventId } = commandIds({ instanceId, key })
  return anEvent('command.accepted', { instanceId, commandId, eventId, body: JSON.stringify(body), ...given })
}

export const idOf = (key: string, instanceId = 'shop') => ({
  instance_id: instanceId,
  command_id: commandIds({ instanceId, key }).commandId,
})

export const ask = (dsl: ProjectionDsl, key: string, digest: string, instanceId = 'shop') =>
  askCommand(dsl.test.database, {
    ...commandIds({ instanceId, key }),
    ...{ instanceId, digest, operation: 'message.send', chatId: somebody.lid, body },
    ...{ askedAt: testStartAt, expiresAt: testStartAt + 1000 },
  })

export const claimAll = { busy: [], limit: 10, turns: 10, firsts: { spacingMs: 0, perDay: 0 } }
