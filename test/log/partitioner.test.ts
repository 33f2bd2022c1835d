// Keys go to the partitions Kafka's default partitioner gives them.
import { expect, test } from 'vitest'
import { murmur2, partitionOf } from '../../src/log/append/partitioner.ts'

// The vectors of Kafka's UtilsTest.testMurmur2.
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('[B4] the hash of %s is Kafka’s', (key, hash) => {
  expect(murmur2(Buffer.from(key))).toBe(hash)
})

test('[B4] a key’s partition is the positive part of its hash, modulo the partitions', () => {
  expect(partitionOf('21', 24)).toBe((-973932308 & 0x7fffffff) % 24)
  expect(partitionOf('abc', 24)).toBe(479470107 % 24)
  expect(partitionOf('', 1)).toBe(0)
})
