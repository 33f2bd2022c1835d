// Partitions are shared fairly, moved only for fairness, and held by one member at a time, whatever members come and go.
import { array, assert, integer, nat, property, record as tuple } from 'fast-check'
import { expect, test } from 'vitest'
import { assignPartitions, type GroupMember } from '../../src/log/kafka/assigner.ts'

const member = (id: string, held: number[] = [], of: Partial<GroupMember> = {}): GroupMember => ({
  id,
  topics: ['t'],
  held,
  generation: 1,
  leaving: false,
  ...of,
})
const assigned = (members: GroupMember[], partitions: number) => Object.fromEntries(assignPartitions(members, partitions))

test('[H5] one member gets all, two get half each', () => {
  expect(assigned([member('a')], 3)).toEqual({ a: [0, 1, 2] })
  expect(assigned([member('a'), member('b')], 4)).toEqual({ a: [0, 1], b: [2, 3] })
})

test('[H5] what must move is assigned to nobody until its holder has given it back', () => {
  expect(assigned([member('a', [0, 1, 2, 3]), member('b')], 4)).toEqual({ a: [0, 1], b: [] })
  expect(assigned([member('a', [0, 1]), member('b')], 4)).toEqual({ a: [0, 1], b: [2, 3] })
})

test('[H5] a member that leaves keeps nothing and gets nothing; what it still holds is nobody’s', () => {
  expect(assigned([member('a', [0, 1], { leaving: true }), member('b', [2])], 4)).toEqual({ a: [], b: [2, 3] })
})

test('[H5] of two who claim a partition the one of the newer generation has it', () => {
  expect(assigned([member('a', [0], { generation: 4 }), member('b', [0, 1], { generation: 5 })], 2)).toEqual({ a: [], b: [0] })
})

test('[H5] a partition that the group no longer has is not assigned', () => {
  expect(assigned([member('a', [0, 7])], 2)).toEqual({ a: [0, 1] })
})

test('[H5] whatever is held: never two for one partition, none from a holder, and equal shares in a few rounds', () => {
  const claims = array(tuple({ held: array(nat(11), { maxLength: 12 }), generation: nat(3) }), { minLength: 1, maxLength: 6 })
  assert(
    property(claims, integer({ min: 1, max: 12 }), (of, partitions) => {
      let members = of.map(({ held, generation }, n) => member(`m${n}`, [...new Set(held)], { generation }))
      for (let round = 0; round < 3; round += 1) {
        const next = assignPartitions(members, partitions)
        const given = [...next.values()].flat()
        expect(new Set(given).size).toBe(given.length)
        for (const { id } of members)
          for (const partition of next.get(id) ?? [])
            expect(
              members.every(other => other.id === id || !other.held.includes(partition) || holds(members, id, partition)),
            ).toBe(true)
        members = members.map(one => ({ ...one, held: next.get(one.id) ?? [], generation: 9 }))
      }
      const shares = members.map(({ held }) => held.length)
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(partitions)
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
    }),
  )
})

const holds = (members: readonly GroupMember[], id: string, partition: number) =>
  members.some(one => one.id === id && one.held.includes(partition))
