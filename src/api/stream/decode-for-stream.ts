// A record of the log as the event that is streamed of it.
import { type Codec, EventError } from '../../events/codec.ts'
import type { Event } from '../../events/event.ts'
import type { LogRecord } from '../../log/log.ts'
import type { Logger } from '../../runtime/logger.ts'

type Deps = { codec: Pick<Codec, 'decode'>; logger: Logger }

/**
 * null: of a type that this version does not know, or nothing that any consumer could read; whoever keeps rows quarantines it, and says so.
 * Rejects when the registry is away.
 */
export type DecodeForStream = (record: LogRecord, signal: AbortSignal) => Promise<Event | null>

/** Of records passed over, so many are remembered: each is said once, however many readers come by it. */
const MAX_REMEMBERED = 1_000

export function createDecodeForStream({ codec, logger }: Deps): DecodeForStream {
  const said = new Set<string>()

  function sayOnce({ topic, partition, offset }: LogRecord, error: EventError) {
    const record = `${topic}/${partition}/${offset}`
    if (said.has(record)) return
    const [oldest] = said
    if (said.size >= MAX_REMEMBERED && oldest !== undefined) said.delete(oldest)
    said.add(record)
    logger.warn('stream.record-passed-over', { topic, partition, offset: offset.toString(), error })
  }

  return async (record, signal) => {
    try {
      return await codec.decode(record.value, signal, record.shared)
    } catch (error) {
      if (!(error instanceof EventError)) throw error
      sayOnce(record, error)
      return null
    }
  }
}
