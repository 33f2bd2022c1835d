// Keys cannot be guessed quickly, and nobody is shut out by a neighbour's guesses.
import { expect, test } from 'vitest'
import { createAuth } from '../../src/api/auth.ts'
import { createFailureLimit } from '../../src/api/failure-limit.ts'

const clock = { nowAt: 1_000_000 }
const open = () => createAuth({ adminKey: 'right', clock: () => clock.nowAt })
const bearer = (ip: string, key: string) => ({ ip, headers: { authorization: `Bearer ${key}` } })

test('[I1] an address that keeps guessing is refused even with the right key, and may try again a minute later', () => {
  const auth = open()
  for (let tries = 0; tries < 10; tries++)
    expect(() => auth(bearer('10.0.0.1', `wrong${tries}`))).toThrow('not a key of this server')
  clock.nowAt += 20_000
  expect(() => auth(bearer('10.0.0.1', 'right'))).toThrow(expect.objectContaining({ status: 429, retryAfterSeconds: 40 }))
  expect(() => auth(bearer('10.0.0.2', 'right'))).not.toThrow()
  clock.nowAt += 40_000
  expect(() => auth(bearer('10.0.0.1', 'right'))).not.toThrow()
})

test('[I1] where the right key was used it goes on working beside a client with an old one', () => {
  const auth = open()
  auth(bearer('10.0.0.1', 'right'))
  for (let tries = 0; tries < 10; tries++) expect(() => auth(bearer('10.0.0.1', 'old'))).toThrow()
  expect(() => auth(bearer('10.0.0.1', 'old'))).toThrow(expect.objectContaining({ status: 429 }))
  expect(() => auth(bearer('10.0.0.1', 'right'))).not.toThrow()
})

test('[I1] a request without a key is 401 and no guess', () => {
  const auth = open()
  for (let tries = 0; tries < 20; tries++)
    expect(() => auth({ ip: '10.0.0.1', headers: {} })).toThrow(expect.objectContaining({ status: 401 }))
  expect(() => auth(bearer('10.0.0.1', 'right'))).not.toThrow()
})

test.each(['Right', 'righ', 'right ight', 'rightright', ''])('[I1] %j is not the key `right`', key => {
  expect(() => open()(bearer('10.0.0.1', key))).toThrow(expect.objectContaining({ status: 401 }))
  expect(() => open()({ ip: '10.0.0.1', headers: { apikey: key } })).toThrow(expect.objectContaining({ status: 401 }))
})

test('[I1] many addresses cost bounded memory: the one that has been silent for longest is forgotten', () => {
  const limit = createFailureLimit({ maxFailures: 1, windowMs: 1_000, maxAddresses: 2 })
  limit.failed('a', 0)
  limit.failed('b', 0)
  limit.failed('a', 1)
  limit.failed('c', 2)
  expect(['a', 'b', 'c'].map(address => limit.blockedForMs(address, 3))).toEqual([997, 0, 999])
})
