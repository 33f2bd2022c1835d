// How a process's connections are divided: all of them, one for each kind of work at least, and only for work of its roles.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { roles } from '../../src/runtime/config-values.ts'
import { divideConnections, leastConnections, totalOf } from '../../src/runtime/divide-connections.ts'

const everything = { roles, isLogInPostgres: true }
const anyWork = fc.record({ roles: fc.subarray([...roles], { minLength: 1 }), isLogInPostgres: fc.boolean() })

test('[A2] [E3] every connection is somebody’s, and every kind of work of these roles has one at least', () => {
  fc.assert(
    fc.property(anyWork, fc.nat(200), (work, more) => {
      const least = leastConnections(work)
      const sizes = divideConnections(totalOf(least) + more, work)
      expect(Math.min(...least.values())).toBeGreaterThanOrEqual(1)
      expect([...sizes.keys()]).toEqual([...least.keys()])
      expect(Math.min(...sizes.values())).toBeGreaterThanOrEqual(1)
      expect(totalOf(sizes)).toBe(totalOf(least) + more)
    }),
  )
})

test('[A2] [E3] a larger pool takes from no kind of work', () => {
  fc.assert(
    fc.property(anyWork, fc.nat(50), (work, more) => {
      const size = totalOf(leastConnections(work)) + more
      const [smaller, larger] = [divideConnections(size, work), divideConnections(size + 1, work)]
      for (const [share, connections] of smaller) expect(larger.get(share)).toBeGreaterThanOrEqual(connections)
    }),
  )
})

test('[A2] [E3] what is left goes to every kind by how much it does, most to projections and deliveries', () => {
  expect(Object.fromEntries(divideConnections(38, everything))).toEqual({
    intake: 6,
    appends: 6,
    processors: 2,
    projections: 8,
    deliveries: 8,
    waiting: 4,
    api: 4,
  })
})

test('[H5] the default of 10 is enough for every role in one process, on embedded parts and on Kafka', () => {
  const names = ['intake', 'appends', 'processors', 'projections', 'deliveries', 'waiting', 'api']
  expect([...leastConnections(everything).keys()]).toEqual(names)
  expect(totalOf(divideConnections(10, everything))).toBe(10)
  expect(divideConnections(10, { roles, isLogInPostgres: false }).has('appends')).toBe(false)
})

test('[D4] the API answers while its outbox holds a connection for a log that is away', () => {
  fc.assert(
    fc.property(anyWork, work => {
      expect(divideConnections(0, { ...work, roles: ['api', ...work.roles] }).get('api')).toBeGreaterThanOrEqual(2)
    }),
  )
})

test('[H5] a process of one role has them all for its own work', () => {
  expect([...divideConnections(10, { roles: ['api'], isLogInPostgres: false })]).toEqual([['api', 10]])
  const bridge = divideConnections(10, { roles: ['webhooks'], isLogInPostgres: false })
  expect([...bridge.keys()]).toEqual(['deliveries', 'waiting'])
})
