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
export async function decodeForStream({ codec, logger }: Deps, record: LogRecord, signal: AbortSignal): Promise<Event | null> {
  try {
    return await codec.decode(record.value, signal, record.shared)
  } catch (error) {
    if (!(error instanceof EventError)) throw error
    const { topic, partition, offset } = record
    logger.warn('stream.record-passed-over', { topic, partition, offset: offset.toString(), error })
    return null
  }
}
