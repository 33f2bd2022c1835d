// An account that cannot go on is told apart from one that had bad luck, and from one that goes on again.
import { expect, test } from 'vitest'
import { accountsCheck, keptCheck } from '../../src/producers/epoch/account-checks.ts'
import { createAccountTrouble } from '../../src/producers/epoch/account-trouble.ts'

function open() {
  let nowAt = Date.UTC(2026, 0, 1)
  const trouble = createAccountTrouble({ clock: () => nowAt, calmMs: 15_000 })
  const end = (reason = 'log-unavailable', failure: unknown = null) =>
    trouble.ended({ reason, text: `Because of ${reason}.`, failure })
  return { trouble, end, pass: (ms: number) => (nowAt += ms), now: () => nowAt }
}

test('[H3] three ends in a row for one reason are trouble, told with the reason, the last failure and since when', () => {
  const { trouble, end, pass } = open()
  for (const nth of [1, 2]) {
    end('log-unavailable', new Error(`refused ${nth}`))
    pass(10_000)
  }
  expect(trouble.told()).toBeNull()
  end('log-unavailable', new Error('refused 3'))
  expect(trouble.told()).toBe('Because of log-unavailable. refused 3 (3 times since 2026-01-01T00:00:00.000Z)')
})

test('[H3] ends for changing reasons are no trouble, nor are those that lie apart by a connection that stayed', () => {
  const { trouble, end, pass, now } = open()
  for (const reason of ['network', 'network', 'internal', 'network', 'network']) end(reason)
  expect(trouble.told()).toBeNull()
  for (let nth = 0; nth < 5; nth++) {
    const openedAt = now()
    trouble.connected(() => openedAt)
    pass(16_000)
    end('network')
  }
  expect(trouble.told()).toBeNull()
})

test('[H3] a connection that stays longer than anything that stops an account ends the trouble, a shorter one does not', () => {
  const { trouble, end, pass, now } = open()
  for (let nth = 0; nth < 4; nth++) {
    const openedAt = now()
    trouble.connected(() => openedAt)
    pass(10_000)
    end()
  }
  expect(trouble.told()).toContain('4 times')
  const openedAt = now()
  trouble.connected(() => openedAt)
  pass(14_999)
  expect(trouble.told()).toContain('4 times')
  pass(1)
  expect(trouble.told()).toBeNull()
})

test('[H3] whoever asks for something else, or for a new beginning, hears no more of it', () => {
  const { trouble, end } = open()
  for (let nth = 0; nth < 4; nth++) end()
  trouble.forget()
  expect(trouble.told()).toBeNull()
})

test('[H3] checks name at most five accounts and count the others', () => {
  const many = Array.from({ length: 8 }, (_, number) => [`shop-${number}`, 'why'] as const)
  expect(accountsCheck(new Map(many)).detail).toMatch(/^cannot go on: shop-0: why; .*shop-4: why; and 3 more$/)
  expect(keptCheck(new Map([['shop', 2]]))).toMatchObject({ state: 'degraded', detail: expect.stringContaining('2 of shop') })
  expect([accountsCheck(new Map()).state, keptCheck(new Map()).state]).toEqual(['ok', 'ok'])
})
