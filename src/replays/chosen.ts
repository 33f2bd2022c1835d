// Which records a replay copies: by what their headers say of them, and by their chat, which only the event itself says.
import { type Codec, EventError } from '../events/codec.ts'
import type { Event } from '../events/event.ts'
import { matchesPattern } from '../events/vocabulary.ts'
import type { LogRecord } from '../log/log.ts'
import type { ReplayRequest } from './replay-rows.ts'

export type Choice = Pick<ReplayRequest, 'types' | 'instanceIds' | 'chats'>
/** `unreadable`: whether it is asked for cannot be known. */
export type Verdict = 'chosen' | 'passed-over' | 'unreadable'

/** Rejects where the registry is away. */
export async function judgeRecord(
  codec: Pick<Codec, 'decode'>,
  { types, instanceIds, chats }: Choice,
  record: LogRecord,
  signal: AbortSignal,
): Promise<Verdict> {
  if (types !== null && !types.some(pattern => matchesPattern(pattern, typeOf(record)))) return 'passed-over'
  if (instanceIds !== null && !instanceIds.includes(instanceOf(record))) return 'passed-over'
  if (chats === null) return 'chosen'
  try {
    return isIn(chats, await codec.decode(record.value, signal)) ? 'chosen' : 'passed-over'
  } catch (error) {
    if (error instanceof EventError) return 'unreadable'
    throw error
  }
}

/** Empty where it does not say. */
export const typeOf = ({ headers }: LogRecord): string => headers['event-type'] ?? ''
export const instanceOf = ({ headers }: Pick<LogRecord, 'headers'>): string => headers['instance-id'] ?? ''

/** null: of a type that only a newer version knows. */
const isIn = (chats: readonly string[], event: Event | null): boolean =>
  event !== null && [event.chatId, event.chatPn].some(chat => chat != null && chats.includes(chat))
