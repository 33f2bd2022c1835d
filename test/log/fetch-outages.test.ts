// A broker that does not answer is asked more and more slowly and said less and less often, whatever else is answered meanwhile.
import { expect, test } from 'vitest'
import { createFetchOutages } from '../../src/log/kafka/fetch-outages.ts'
import { createBell } from '../../src/runtime/bell.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const never = new AbortController().signal
const answered = async () => 'leaders'
const failing = async () => Promise.reject(new Error('no answer'))

function open() {
  const logger = collectLogLines()
  const link = {
    run: () => Promise.reject(new Error('expected nothing to be asked')),
    discard: () => undefined,
    close: async () => undefined,
  }
  const outages = createFetchOutages({ link, logger, bell: createBell() }, never)
  const said = () => logger.lines.map(({ fields }) => fields.attempt)
  return { outages, said }
}

test('[H4] a look-up that is answered between them does not make each failure of a broker the first', async () => {
  const { outages, said } = open()
  for (let round = 0; round < 4; round += 1) {
    expect(await outages.orWait('looking up the leaders of busy', answered)).toBe('leaders')
    expect(await outages.orWait('fetching from broker 1', failing)).toBe(null)
  }
  expect(said()).toEqual([1, 2, 4])
})

test('[H4] a broker that answers begins anew, and another that is away keeps its count', async () => {
  const { outages, said } = open()
  await outages.orWait('fetching from broker 1', failing)
  await outages.orWait('fetching from broker 2', failing)
  await outages.orWait('fetching from broker 1', answered)
  await outages.orWait('fetching from broker 2', failing)
  await outages.orWait('fetching from broker 1', failing)
  expect(said()).toEqual([1, 1, 2, 1])
})
