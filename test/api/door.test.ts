// Keys cannot be guessed quickly, by whichever door and from however many addresses, and nobody is shut out by somebody else's guesses.
import { describe, expect, test } from 'vitest'
import { createBudgets } from '../../src/api/budgets.ts'
import { clientBlock } from '../../src/api/client-address.ts'
import { createDoor, type Keys } from '../../src/api/door.ts'
import type { Need } from '../../src/api/needs.ts'
import { Problem } from '../../src/api/problems.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const rightKeys: Keys = { admin: 'right-for-admins', metrics: 'right-for-metrics' }
const logger = collectLogLines()

function openDoor(keys: () => Keys = () => rightKeys) {
  const clock = { nowAt: 1_000_000 }
  const metrics = createMetrics({ processMetrics: false })
  const door = createDoor({ keys, trustedProxies: [], metrics, logger, clock: () => clock.nowAt })
  /** 200 or the status of the refusal. */
  function come(ip: string, key: string | null, need: Need = 'admin'): number {
    try {
      door.demand({ ip, headers: key === null ? {} : { authorization: `Bearer ${key}` } }, need)
      return 200
    } catch (problem) {
      if (problem instanceof Problem) return problem.status
      throw problem
    }
  }
  const guess = (ip: string, times: number, from = 0) =>
    Array.from({ length: times }, (_, index) => come(ip, `guess ${ip} ${from + index}`.replaceAll(' ', '-')))
  return { door, clock, come, guess, metrics }
}

describe('an address that guesses', () => {
  test('[I1] has ten tries, then one a second, and learns nothing from those that are refused', () => {
    const { come, guess, clock } = openDoor()
    expect(guess('10.0.0.1', 12)).toEqual([...Array(10).fill(401), 429, 429])
    expect(come('10.0.0.1', 'right-for-admins')).toBe(429)
    clock.nowAt += 1_000
    expect(guess('10.0.0.1', 2, 20)).toEqual([401, 429])
  })

  test('[I1] tells a client when to come again, and a right key that comes then is taken', () => {
    const { door, guess, come, clock } = openDoor()
    guess('10.0.0.1', 10)
    const asked = () => door.demand({ ip: '10.0.0.1', headers: { apikey: 'right-for-admins' } }, 'admin')
    expect(asked).toThrow(expect.objectContaining({ status: 429, retryAfterSeconds: 1 }))
    clock.nowAt += 1_000
    expect(asked).not.toThrow()
    expect(come('10.0.0.1', 'right-for-admins')).toBe(200)
  })

  test('[I1] gains nothing by a key that was right there before: other keys stay limited, that one goes on working', () => {
    const { come, guess } = openDoor()
    expect(come('10.0.0.1', 'right-for-metrics', 'metrics')).toBe(200)
    guess('10.0.0.1', 10)
    expect(come('10.0.0.1', 'right-for-admins')).toBe(429)
    expect(guess('10.0.0.1', 1, 50)).toEqual([429])
    expect(come('10.0.0.1', 'right-for-metrics', 'metrics')).toBe(200)
    expect(come('10.0.0.2', 'right-for-admins')).toBe(200)
  })

  test('[I1] is limited at one door for all calls, metrics among them', () => {
    const { come, guess } = openDoor()
    for (let tries = 0; tries < 10; tries++) come('10.0.0.1', `guess-${tries}`, 'metrics')
    expect(guess('10.0.0.1', 1)).toEqual([429])
    expect(come('10.0.0.1', 'right-for-metrics', 'metrics')).toBe(429)
  })

  test('[I1] cannot go around its limit with the other addresses of its IPv6 network, or IPv4 in IPv6', () => {
    const { come, guess } = openDoor()
    for (let tries = 0; tries < 10; tries++) come(`2001:db8:0:1::${tries}`, `guess-${tries}`)
    expect(guess('2001:db8:0:1:ffff::1', 1)).toEqual([429])
    expect(guess('2001:db8:0:2::1', 1)).toEqual([401])
    guess('::ffff:10.0.0.1', 10)
    expect(guess('10.0.0.1', 1)).toEqual([429])
  })
})

test('[I1] guesses from a thousand addresses at once are compared 2,560 times at most, and a key in use goes on working', () => {
  const { guess, come } = openDoor()
  expect(come('10.0.0.1', 'right-for-admins')).toBe(200)
  const answers = Array.from({ length: 1_000 }, (_, host) => guess(`10.1.${host >> 8}.${host & 255}`, 10)).flat()
  expect(answers.filter(status => status === 401).length).toBeLessThanOrEqual(2_560)
  expect(answers.filter(status => status === 429).length).toBeGreaterThan(7_000)
  expect(come('10.0.0.1', 'right-for-admins')).toBe(200)
})

test('[I1] one old key that a thousand clients still send shuts nobody else out', () => {
  const { come } = openDoor()
  for (let host = 0; host < 1_000; host++) come(`10.1.${host >> 8}.${host & 255}`, 'the-old-key')
  expect(come('10.0.0.1', 'right-for-admins')).toBe(200)
})

test('[I1] a request without a key is 401 and no guess', () => {
  const { come } = openDoor()
  for (let tries = 0; tries < 20; tries++) expect(come('10.0.0.1', null)).toBe(401)
  expect(come('10.0.0.1', 'right-for-admins')).toBe(200)
})

test('[I1] the token for metrics opens metrics alone, the administrator’s key everything, once it is known', () => {
  const keys: Keys = { admin: null, metrics: 'right-for-metrics' }
  const { come } = openDoor(() => keys)
  expect(come('10.0.0.1', 'right-for-admins')).toBe(401)
  keys.admin = 'right-for-admins'
  const answers = (key: string) => (['nothing', 'metrics', 'admin'] as const).map(need => come('10.0.0.2', key, need))
  expect(answers('right-for-admins')).toEqual([200, 200, 200])
  expect(answers('right-for-metrics')).toEqual([200, 200, 401])
  expect(answers('neither')).toEqual([200, 401, 401])
})

test.each(['Right', 'righ', 'right ight', 'rightright', ''])('[I1] %j is not the key `right`', key => {
  const { door } = openDoor(() => ({ admin: 'right', metrics: null }))
  const refused = expect.objectContaining({ status: 401 })
  expect(() => door.demand({ ip: '10.0.0.1', headers: { authorization: `Bearer ${key}` } }, 'admin')).toThrow(refused)
  expect(() => door.demand({ ip: '10.0.0.1', headers: { apikey: key } }, 'admin')).toThrow(refused)
})

test('[I1] guessing can be alarmed on: every failure is counted by its reason, an address is one line a minute, and all are twenty', async () => {
  const { come, guess, clock, metrics } = openDoor()
  const lines = () => logger.lines.filter(line => line.event === 'api.keys-limited').map(line => line.fields)
  const before = lines().length
  come('10.0.0.1', null)
  guess('10.0.0.1', 15)
  expect(lines().slice(before)).toEqual([{ address: '10.0.0.1', limitedRequests: 1 }])
  const text = await metrics.render()
  for (const [reason, times] of Object.entries({ none: 1, wrong: 10, limited: 5 }))
    expect(text).toContain(`zaplog_api_key_failures_total{reason="${reason}"} ${times}\n`)
  clock.nowAt += 60_000
  guess('10.0.0.1', 11)
  expect(lines().slice(before + 1)).toEqual([{ address: '10.0.0.1', limitedRequests: 5 }])
  for (let host = 0; host < 100; host++) guess(`10.2.0.${host}`, 11)
  expect(lines().length - before).toBe(21)
})

test('[I1] many names cost bounded memory: the one that has been silent for longest is forgotten', () => {
  const budgets = createBudgets({ burst: 1, everyMs: 1_000, maxNames: 2 })
  budgets.spend('a', 0)
  budgets.spend('b', 0)
  budgets.spend('a', 1_000)
  budgets.spend('c', 1_002)
  expect(['a', 'b', 'c'].map(name => budgets.waitMs(name, 1_003))).toEqual([997, 0, 999])
})

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:a:b:c:d:e:f', '2001:db8:a:b::/64'],
  ['fe80::1%eth0', 'fe80::/64'],
  ['203.0.113.7:50123', '203.0.113.7'],
  ['[2001:db8:a:b::7]:50123', '2001:db8:a:b::/64'],
  ['[2001:db8:a:b::7]', '2001:db8:a:b::/64'],
  ['unknown', null],
  [undefined, null],
])('[I1] the failures of %s count for %s', (address, block) => {
  expect(clientBlock(address)).toBe(block)
})
