// Runs a batch consumer on any log: one batch of partition p at a time over all its topics, each from where the consumer says it is.
// Nothing is skipped: what cannot be applied is tried again for ever, or halts the partition and says why.
import type { Logger } from '../../runtime/logger.ts'
import { backoffMs, wait } from '../../runtime/wait.ts'
import { type Batch, type BatchConsumer, type BatchOutcome, LogError, type Position } from '../log.ts'
import type { StartAssignment } from './assignment.ts'
import type { OpenPartitionReader, PartitionReader } from './partition-reader.ts'
import { createPartitionState } from './partition-state.ts'

export type BatchesDeps = { openReader: OpenPartitionReader; logger: Logger; retryBaseMs: number }
type Reading = { reader: PartitionReader; state: ReturnType<typeof createPartitionState>; ready: boolean; asking: boolean }

const RETRY_CAP_MS = 30_000

export const createBatches =
  (deps: BatchesDeps, consumer: BatchConsumer): StartAssignment =>
  partitions => {
    const stopping = new AbortController()
    const ended = new AbortController()
    const states = partitions.map(createPartitionState)
    let wake = (): void => undefined
    const running = run()

    async function run() {
      const readings = await openReaders()
      for (let reading = await nextReady(readings); reading !== null; reading = await nextReady(readings)) {
        const batch = await read(reading)
        if (batch !== null) await applyUntilDone(reading, batch)
      }
      for (const { reader } of readings) reader.close()
    }

    async function openReaders(): Promise<Reading[]> {
      const positions = await askPositions()
      if (positions === null) return []
      return states.flatMap(state => {
        const position = positions.find(({ topic, partition }) => topic === state.at.topic && partition === state.at.partition)
        if (position !== undefined) return { reader: open(state, position), state, ready: false, asking: false }
        halt(state, `${consumer.consumerGroup} has no position for ${state.at.topic}/${state.at.partition}`)
        return []
      })
    }

    /** null: stopped first, whatever was answered. */
    async function askPositions(): Promise<readonly Position[] | null> {
      for (let attempt = 1; !stopping.signal.aborted; attempt += 1) {
        try {
          const positions = await consumer.positions(partitions, stopping.signal)
          return stopping.signal.aborted ? null : positions
        } catch (error) {
          if (stopping.signal.aborted) return null
          for (const state of states) state.pause(`asking for positions: ${textOf(error)}`)
          await retryAfter(attempt, error)
        }
      }
      return null
    }

    function open(state: Reading['state'], position: Position) {
      state.resume()
      state.advance(position.nextOffset)
      return deps.openReader(position)
    }

    /** The topics take turns; null: stopped, or all are halted. */
    async function nextReady(readings: Reading[]): Promise<Reading | null> {
      const live = () => readings.filter(({ state }) => !state.halted())
      while (!stopping.signal.aborted && live().length > 0) {
        const index = readings.findIndex(({ ready, state }) => ready && !state.halted())
        const [found] = index === -1 ? [] : readings.splice(index, 1)
        if (found !== undefined) {
          found.ready = false
          readings.push(found)
          return found
        }
        await anyReady(live())
      }
      return null
    }

    /** Idle topics go on being asked while another is worked on. */
    async function anyReady(readings: readonly Reading[]) {
      const changed = new Promise<void>(resolve => {
        wake = resolve
      })
      for (const reading of readings) if (!reading.asking) void ask(reading)
      await changed
    }

    async function ask(reading: Reading) {
      reading.asking = true
      try {
        await reading.reader.ready(stopping.signal)
        reading.ready = true
      } catch (error) {
        if (!stopping.signal.aborted) halt(reading.state, textOf(error))
      }
      reading.asking = false
      wake()
    }

    async function read({ reader, state }: Reading): Promise<Batch | null> {
      try {
        return await reader.next({ maxRecords: consumer.maxBatchRecords, maxBytes: consumer.maxBatchBytes }, stopping.signal)
      } catch (error) {
        if (!stopping.signal.aborted) halt(state, textOf(error))
        return null
      }
    }

    async function applyUntilDone(reading: Reading, batch: Batch) {
      for (let attempt = 1; !stopping.signal.aborted; attempt += 1) {
        const outcome = await handle(batch, attempt)
        if (ended.signal.aborted) return
        switch (outcome.kind) {
          case 'applied':
            reading.state.resume()
            return reading.state.advance(batch.nextOffset)
          case 'moved':
            reading.reader.close()
            reading.reader = open(reading.state, { ...reading.state.at, nextOffset: outcome.nextOffset })
            return
          case 'halt':
            return halt(reading.state, outcome.reason)
          case 'retry':
            reading.state.pause(outcome.reason)
            await wait(outcome.delayMs, stopping.signal)
        }
      }
    }

    async function handle(batch: Batch, attempt: number): Promise<BatchOutcome> {
      try {
        return await consumer.handle(batch, ended.signal)
      } catch (error) {
        if (!ended.signal.aborted)
          deps.logger.warn('log.batch-failed', { ...describe(batch), group: consumer.consumerGroup, attempt, error })
        return { kind: 'retry', delayMs: delayOf(attempt), reason: textOf(error) }
      }
    }

    async function retryAfter(attempt: number, error: unknown) {
      deps.logger.warn('log.positions-failed', { group: consumer.consumerGroup, attempt, error })
      await wait(delayOf(attempt), stopping.signal)
    }

    const delayOf = (attempt: number) =>
      backoffMs({ attempt, baseMs: deps.retryBaseMs, capMs: RETRY_CAP_MS, jitter: 0.2, random: Math.random() })

    function halt(state: Reading['state'], reason: string) {
      state.halt(reason)
      deps.logger.error('log.partition-halted', { group: consumer.consumerGroup, ...state.at, reason })
    }

    const end = () => {
      stopping.abort()
      ended.abort()
    }

    return {
      status: () => states.map(state => state.status()),
      stop: async withinMs => {
        stopping.abort()
        await Promise.race([running, wait(withinMs, ended.signal)])
        end()
      },
      end,
      ended: ended.signal,
    }
  }

const textOf = (error: unknown) =>
  error instanceof LogError ? `${error.code}: ${error.message}` : error instanceof Error ? error.message : String(error)
const describe = ({ topic, partition, fromOffset, nextOffset }: Batch) => ({ topic, partition, fromOffset, nextOffset })
