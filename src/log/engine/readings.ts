// What an assignment reads: one partition of each of its topics, which are served one after another, the one that was served last last.
import { createBell } from '../../runtime/bell.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Batch, Position } from '../log.ts'
import { describeFailure } from './describe-failure.ts'
import type { OpenPartitionReader, ReadLimits } from './partition-reader.ts'
import type { PartitionState } from './partition-state.ts'

export type Readings = {
  /** Idle topics go on being asked while another is worked on. null: the signal aborted, or all are halted. */
  nextReady(signal: AbortSignal): Promise<Reading | null>
  close(): void
}
export type Reading = {
  state: PartitionState
  /** null: it halted, or the signal aborted. */
  read(limits: ReadLimits, signal: AbortSignal): Promise<Batch | null>
  applied(batch: Batch): void
  /** Reads again from there. */
  moved(nextOffset: bigint): void
  halt(reason: string): void
}
export type ReadingDeps = { openReader: OpenPartitionReader; logger: Logger; consumerGroup: string }

/** A partition without a position halts. */
export function createReadings(deps: ReadingDeps, states: readonly PartitionState[], positions: readonly Position[]): Readings {
  const bell = createBell()
  /** The one served longest ago is first. */
  let byService = states.flatMap(state => {
    const position = positions.find(({ topic, partition }) => topic === state.at.topic && partition === state.at.partition)
    if (position !== undefined) return openReading(deps, state, position)
    halt(deps, state, `${deps.consumerGroup} has no position for ${state.at.topic}/${state.at.partition}`)
    return []
  })

  function takeReady(): ReadingWithReader | null {
    const ready = byService.find(({ isReady, state }) => isReady && !state.halted())
    if (ready === undefined) return null
    ready.isReady = false
    byService = [...byService.filter(one => one !== ready), ready]
    return ready
  }

  return {
    nextReady: async signal => {
      while (!signal.aborted) {
        const live = byService.filter(({ state }) => !state.halted())
        if (live.length === 0) return null
        const ready = takeReady()
        if (ready !== null) return ready
        for (const reading of live) void reading.ask(bell.ring, signal)
        await bell.rung(signal)
      }
      return null
    },
    close: () => {
      for (const reading of byService) reading.close()
    },
  }
}

type ReadingWithReader = Reading & {
  /** `next` would not have to wait. */
  isReady: boolean
  /** Unless it is being asked already; `answered` is called when it is ready, or halted. */
  ask(answered: () => void, signal: AbortSignal): Promise<void>
  close(): void
}

function openReading(deps: ReadingDeps, state: PartitionState, position: Position): ReadingWithReader {
  let reader = open(position)
  let isAsking = false

  function open(from: Position) {
    state.resume()
    state.advance(from.nextOffset)
    return deps.openReader(from)
  }

  /** Nothing is fetched or kept any more for whom nobody reads. */
  function haltHere(reason: string) {
    reader.close()
    halt(deps, state, reason)
  }

  const reading: ReadingWithReader = {
    state,
    isReady: false,
    ask: async (answered, signal) => {
      if (isAsking) return
      isAsking = true
      try {
        await reader.ready(signal)
        reading.isReady = true
      } catch (error) {
        if (!signal.aborted) haltHere(describeFailure(error))
      }
      isAsking = false
      answered()
    },
    read: async (limits, signal) => {
      try {
        return await reader.next(limits, signal)
      } catch (error) {
        if (!signal.aborted) haltHere(describeFailure(error))
        return null
      }
    },
    applied: ({ nextOffset }) => {
      state.resume()
      state.advance(nextOffset)
    },
    moved: nextOffset => {
      reader.close()
      reader = open({ ...state.at, nextOffset })
    },
    halt: haltHere,
    close: () => reader.close(),
  }
  return reading
}

function halt({ logger, consumerGroup }: ReadingDeps, state: PartitionState, reason: string) {
  state.halt(reason)
  logger.error('log.partition-halted', { group: consumerGroup, ...state.at, reason })
}
