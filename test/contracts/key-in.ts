// A key for a test that cares which partition its records are in.
import { partitionOf } from '../../src/log/append/partitioner.ts'

/** A key of one partition among several. */
export function keyIn(partition: number, partitions: number): string {
  for (let n = 0; ; n += 1) if (partitionOf(`key-${n}`, partitions) === partition) return `key-${n}`
}
