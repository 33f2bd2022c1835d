// What is typed of a replay becomes its call, and how far it is one line.
import { expect, test } from 'vitest'
import { bodyOf } from '../../src/cli/replay.ts'

test('[G1] [H7] options that every verb has are no fields of a replay; offsets are one for each partition', () => {
  const everyVerbs = { json: true, envFile: '.env', wait: false }
  const typed = { from: '3=120,4=7', to: 'backfill', type: ['message.*'], rate: 2_000, marker: false, ...everyVerbs }
  expect(JSON.parse(JSON.stringify(bodyOf(typed)))).toEqual({
    ...{ name: 'backfill', from: { 3: '120', 4: '7' }, types: ['message.*'], rate: 2_000, marker: false },
  })
})
