// Guarantee: parts opened together are all open or all closed, and one that does not close keeps none of the others open.
import { expect, test } from 'vitest'
import { openTogether } from '../ground/scenarios/open-together.ts'

/** A part that notes its close, and fails it where it is told to. */
function openParts() {
  const closed: string[] = []
  const part = (name: string, refusal: string | null = null) => ({
    close: async () => {
      closed.push(name)
      if (refusal !== null) throw new Error(refusal)
    },
  })
  return { closed, part }
}

test('[H6] parts are closed last first, each once, and the rest after them', async () => {
  const { closed, part } = openParts()
  const opening = { one: Promise.resolve(part('one')), two: Promise.resolve(part('two')) }
  const { close } = await openTogether(opening, part('rest').close)
  await Promise.all([close(), close()])
  await close()
  expect(closed).toEqual(['two', 'one', 'rest'])
})

test('[H6] one that does not close keeps none of the others open, and is told', async () => {
  const { closed, part } = openParts()
  const opening = { one: Promise.resolve(part('one', 'stuck')), two: Promise.resolve(part('two', 'gone')) }
  const { close } = await openTogether(opening, part('rest').close)
  await expect(close()).rejects.toThrow('closing 3 parts: Error: gone; Error: stuck')
  expect(closed).toEqual(['two', 'one', 'rest'])
})

test('[H6] one that does not open closes the others, and says why', async () => {
  const { closed, part } = openParts()
  const opening = { one: Promise.reject(new Error('no room')), two: Promise.resolve(part('two')) }
  await expect(openTogether(opening, part('rest').close)).rejects.toThrow('no room')
  expect(closed).toEqual(['two', 'rest'])
})

test('[H6] what does not close then hides nothing of why another did not open', async () => {
  const { part } = openParts()
  const opening = { one: Promise.reject(new Error('no room')), two: Promise.resolve(part('two', 'stuck')) }
  await expect(openTogether(opening)).rejects.toMatchObject({
    errors: [{ message: 'no room' }, { message: 'closing 2 parts: Error: stuck' }],
  })
})
