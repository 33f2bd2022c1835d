// A page of commands, and the place where the next one begins: an instant and an id.
import type { Transaction } from '../../database/database.ts'
import type { commandStates } from '../../events/vocabulary.ts'
import { listCommands } from '../../instances/commands-shown.ts'
import { decodeCursor, encodeCursor, instantPart } from '../cursor.ts'
import { answerOf } from './command-shapes.ts'

type Asked = {
  instanceId: string
  /** As the read model has it. */
  instanceState: string
  state?: (typeof commandStates.here)[number] | undefined
  /** Addresses of a chat; null: of all chats. */
  chatIds?: readonly string[] | null
  cursor?: string | undefined
  limit: number
  after?: number | undefined
  before?: number | undefined
}

export async function listPage(database: Transaction, { cursor, limit, ...of }: Asked) {
  const { instanceId, instanceState, state = null, chatIds = null, after = null, before = null } = of
  const last = cursor === undefined ? null : placeOf(cursor)
  const found = await listCommands(database, { instanceId, state, chatIds, last, after, before, limit: limit + 1 })
  const shown = found.slice(0, limit)
  const end = shown.at(-1)
  const nextCursor =
    end !== undefined && found.length > limit ? encodeCursor([String(end.acceptedAt.getTime()), end.commandId]) : null
  return { data: shown.map(one => answerOf(one, instanceState)), nextCursor }
}

function placeOf(cursor: string): { askedAt: number; commandId: string } {
  const [askedAt = '', commandId = ''] = decodeCursor(cursor, [instantPart, /^[^\0]{1,400}$/])
  return { askedAt: Number(askedAt), commandId }
}
