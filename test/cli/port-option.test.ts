// Guarantee: an option that is a port takes the ports there are, less those that it needs after it, and nothing else.
import { expect, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { portParser } from '../../src/cli/port-option.ts'
import { runVerb } from '../ground/cli/run-verb.ts'

test('[L] 0 and the greatest port are taken, what lies outside is not', () => {
  const parse = portParser()
  expect([parse('0'), parse('65535')]).toEqual([0, 65_535])
  for (const text of ['65536', '-1', '70.5', 'abc', '', ' 1'])
    expect(() => parse(text), text).toThrow('Expected a port from 0 to 65535.')
})

test('[L] dev services needs three ports after its own', async () => {
  const { code, err } = await runVerb(['dev', 'services', '--port-base', '65533'], {})
  expect(code).toBe(exitCodes.usage)
  expect(err).toContain("argument '65533' is invalid. Expected a port from 0 to 65532.")
})
