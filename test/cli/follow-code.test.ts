// Guarantee: whoever waits for a code to be typed is shown each one that takes its place, and is told how it ended once no code can come any more.
import type { RequestListener } from 'node:http'
import { expect, test } from 'vitest'
import { alwaysJson, alwaysProblem, KEY } from '../ground/cli/refused.ts'
import { runVerb } from '../ground/cli/run-verb.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'

const shop = { id: 'shop', name: 'Shop', stateAt: '2026-11-21T08:00:00.000Z', phone: '5511900000001', reasonText: null }
const state = (state: string, reasonText: string | null = null) => ({ ...shop, state, reasonText })
const code = (code: string) => alwaysJson(200, { code, expiresAt: '2099-01-01T00:00:00.000Z' })

/** Answers each question for a code, and each look at the state, with the next one, the last one for ever. */
async function openStandIn(codes: readonly RequestListener[], states: readonly object[]) {
  const seen = { questions: 0, looks: 0 }
  const { url } = await openLoopbackServer((request, response) => {
    if (request.method === 'POST') return codes[Math.min(seen.questions++, codes.length - 1)]?.(request, response)
    return alwaysJson(200, states[Math.min(seen.looks++, states.length - 1)])(request, response)
  })
  const pair = () => runVerb(['instances', 'pair', 'shop', '--phone', shop.phone], { ZAPLOG_URL: url, ADMIN_API_KEY: KEY })
  return { seen, pair }
}

test('[A1] a linked instance that has ended is said with why, and asked for a code once', async () => {
  const { seen, pair } = await openStandIn(
    [alwaysProblem(409, 'already-paired')],
    [state('reconnecting'), state('closed', 'Another device took its place.')],
  )
  const { code, out, err } = await pair()
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toMatch(/^Shop is closed: Another device took its place; \S+ \.\/zaplog instances restart shop tries again\n$/)
  expect(seen).toEqual({ questions: 1, looks: 2 })
})

test('[A1] the code that takes the place of one that ended before its time is shown, the same one is not shown again', async () => {
  const looks = Array.from({ length: 11 }, () => state('qr'))
  const codes = [code('AAAA1111'), code('AAAA1111'), code('BBBB2222')]
  const { seen, pair } = await openStandIn(codes, [...looks, state('open')])
  const { code: exit, out } = await pair()
  expect({ exit, out }).toEqual({ exit: 0, out: 'AAAA-1111\nBBBB-2222\nShop is paired with 5511900000001\n' })
  expect(seen.questions).toBe(3)
})
