// Guarantee: an option that counts takes whole numbers up to its most, and says so of anything else.
import { expect, test } from 'vitest'
import { countParser } from '../../src/cli/count-option.ts'

test.each(['0', '5000', '1000000'])('[H7] %s is taken', text => {
  expect(countParser(1_000_000)(text)).toBe(Number(text))
})

test.each(['', '-1', '1.5', '1e3', 'many', '1000001'])('[H7] %j is refused in words', text => {
  expect(() => countParser(1_000_000)(text)).toThrow('Expected a whole number from 0 to 1000000.')
})
