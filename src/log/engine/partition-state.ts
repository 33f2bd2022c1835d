// What a consumption says about one of its partitions. A halt is final for the assignment; a pause ends by itself.
import type { PartitionStatus, TopicPartition } from '../log.ts'

export type PartitionState = {
  at: TopicPartition
  advance(nextOffset: bigint): void
  pause(reason: string): void
  resume(): void
  halt(reason: string): void
  halted(): boolean
  status(): PartitionStatus
}

export function createPartitionState(at: TopicPartition): PartitionState {
  let status: PartitionStatus = { ...at, nextOffset: 0n, state: 'running', reason: null, lastProgressAt: Date.now() }
  const halted = () => status.state === 'halted'
  return {
    at,
    advance: nextOffset => {
      status = { ...status, nextOffset, lastProgressAt: Date.now() }
    },
    pause: reason => {
      if (!halted()) status = { ...status, state: 'paused', reason }
    },
    resume: () => {
      if (!halted()) status = { ...status, state: 'running', reason: null }
    },
    halt: reason => {
      if (!halted()) status = { ...status, state: 'halted', reason }
    },
    halted,
    status: () => status,
  }
}
