// Which calls a Kafka lacks, from what its brokers say that they speak.
import { expect, test } from 'vitest'
import { neededToCopy, unspokenOf } from '../../src/log/kafka/kafka-facts.ts'

const spoken = (maxVersions: Readonly<Record<number, number>>) =>
  Object.fromEntries(Object.entries(maxVersions).map(([number, maxVersion]) => [number, { maxVersion }]))

test('[G3] a log is copied to a Kafka that lets a producer go on whom it has forgotten, and to no older one', () => {
  const kafka25 = { 0: 8, 1: 11, 3: 9, 21: 1, 22: 3 }
  expect(unspokenOf(spoken(kafka25), neededToCopy)).toEqual([])
  expect(unspokenOf(spoken({ ...kafka25, 22: 2 }), neededToCopy)).toEqual(['InitProducerId 3'])
  expect(unspokenOf(spoken({ ...kafka25, 0: 6 }), neededToCopy), 'we encode no earlier one').toEqual(['Produce 7'])
  const { 21: _, ...withoutDeleting } = kafka25
  expect(unspokenOf(spoken(withoutDeleting), neededToCopy)).toEqual(['DeleteRecords 0'])
})
