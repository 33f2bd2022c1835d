// All that the webhook stream knows in one step: read in one statement before the first event, changed by each in memory, written in one at the end.
import type { Found, Read, Write } from '../../database/statement-parts.ts'
import type { Event } from '../../events/event.ts'
import { type ChatLanes, openChatLanes, readLanes } from './chat-lanes.ts'
import { type Files, openFiles, writesOfFiles } from './files.ts'
import { readFreed, readHeldLanes } from './held.ts'
import { type MatchingEndpoint, readMatchingEndpoints } from './matching-endpoints.ts'
import { type Early, readEarly, writeEarly } from './media-early.ts'
import { fileOf, hasMedia, readFiles } from './media-messages.ts'
import { isMediaEvent, type MediaEvent } from './media-outcome.ts'
import { readTold } from './media-told.ts'
import { openReleaseQueue, type ReleaseQueue, writesOfQueue } from './release-queue.ts'

export type StreamState = {
  endpoints: readonly MatchingEndpoint[]
  lanes: ChatLanes
  files: Files
  queue: ReleaseQueue
  /** Outcomes whose message has not been read, by its event id. */
  early: Map<string, Early[]>
  /** Rows of outcomes whose message has been read now. */
  takenEarly: string[]
}
/** `duePartitions`: whose holds end by the clock. */
type Asked = { events: readonly Event[]; partitions: readonly number[]; duePartitions: readonly number[] }

export type StreamReads = ReturnType<typeof readsFor> & { reads: readonly Read<unknown>[] }

export function readStream(asked: Asked): StreamReads {
  const reads = readsFor(asked)
  return { ...reads, reads: Object.values(reads) }
}

function readsFor({ events, partitions, duePartitions }: Asked) {
  const messages = events.filter(hasMedia).map(event => event.eventId)
  const sources = events.filter(isMediaEvent).map(event => event.sourceEventId)
  const files = [...messages, ...sources]
  return {
    endpoints: readMatchingEndpoints(
      events.map(event => event.instanceId),
      files,
    ),
    lanes: readLanes(events),
    heldLanes: readHeldLanes(partitions),
    freed: readFreed({ mediaEventIds: files, duePartitions, fileOf }),
    files: readFiles(files),
    told: readTold(files),
    early: readEarly(messages),
  }
}

export function openStreamState(asked: StreamReads, found: Found): StreamState {
  const freed = found(asked.freed)
  const files = openFiles([...freed.flatMap(row => row.file ?? []), ...found(asked.files)], found(asked.told))
  const heldLanes = found(asked.heldLanes).map(row => row.lane)
  const early = found(asked.early).map(row => ({ earlyId: row.early_id, partition: row.partition, event: row.event }))
  return {
    endpoints: found(asked.endpoints),
    lanes: openChatLanes(found(asked.lanes)),
    files,
    queue: openReleaseQueue({ heldLanes, freed, files }),
    early: Map.groupBy(early, one => one.event.sourceEventId),
    takenEarly: [],
  }
}

/** An outcome that comes before its message. */
export function keepEarly({ early }: StreamState, partition: number, event: MediaEvent): void {
  early.set(event.sourceEventId, [...(early.get(event.sourceEventId) ?? []), { earlyId: null, partition, event }])
}

/** Its message is there: in the order in which they came. */
export function takeEarly({ early, takenEarly }: StreamState, sourceEventId: string): readonly MediaEvent[] {
  const taken = early.get(sourceEventId) ?? []
  early.delete(sourceEventId)
  takenEarly.push(...taken.flatMap(one => one.earlyId ?? []))
  return taken.map(one => one.event)
}

export const writesOfStream = ({ lanes, files, queue, early, takenEarly }: StreamState): readonly Write[] => [
  lanes.write(),
  ...writesOfFiles(files),
  ...writesOfQueue(queue),
  ...writeEarly(
    [...early.values()].flat().filter(one => one.earlyId === null),
    takenEarly,
  ),
]
