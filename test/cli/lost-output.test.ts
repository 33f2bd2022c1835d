// Guarantee: writing to a terminal that is closed ends nothing, and any other failure of the output is no secret.
import { afterEach, expect, test } from 'vitest'
import { watchOutput } from '../../src/cli/lost-output.ts'

const before = process.stderr.listeners('error')
afterEach(() => {
  for (const stream of [process.stdout, process.stderr])
    for (const listener of stream.listeners('error'))
      if (!before.includes(listener)) stream.off('error', listener as (...args: unknown[]) => void)
})

const failure = (code: string) => Object.assign(new Error(`write ${code}`), { code })

test.each(['EIO', 'EPIPE'])('[H6] %s is told to whoever wants to stop then', code => {
  const gone = watchOutput()
  expect(gone.aborted).toBe(false)
  process.stderr.emit('error', failure(code))
  expect(gone.aborted).toBe(true)
})

test('[H6] a full disk under the output is thrown as ever', () => {
  const gone = watchOutput()
  expect(() => process.stderr.emit('error', failure('ENOSPC'))).toThrow('write ENOSPC')
  expect(gone.aborted).toBe(false)
})
