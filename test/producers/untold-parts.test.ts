// Plaintexts of parts that WhatsApp may not have been told of: kept within a bound, and gone once it was.
import { expect, test } from 'vitest'
import { createUntoldParts } from '../../src/producers/gate/untold-parts.ts'

const bytes = (length: number) => new Uint8Array(length)

test('[B2] what is told is forgotten, and within the bound nothing else is', () => {
  const untold = createUntoldParts({ maxBytes: 10 })
  untold.keep('a', bytes(5))
  untold.keep('b', bytes(5))
  untold.told('a')
  untold.keep('c', bytes(5))
  expect(['a', 'b', 'c'].map(part => untold.find(part)?.length)).toEqual([undefined, 5, 5])
})

test('[B2] beyond the bound the oldest go, the newest stays whatever its size, and what is kept anew counts once', () => {
  const untold = createUntoldParts({ maxBytes: 10 })
  untold.keep('a', bytes(5))
  untold.keep('a', bytes(5))
  untold.keep('b', bytes(5))
  expect(['a', 'b'].map(part => untold.find(part)?.length)).toEqual([5, 5])
  untold.keep('c', bytes(20))
  expect(['a', 'b', 'c'].map(part => untold.find(part)?.length)).toEqual([undefined, undefined, 20])
})
