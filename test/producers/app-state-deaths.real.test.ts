// A large address book over many deaths; app-state-sync.test.ts has the same with few.
import { afterEach, beforeEach, test } from 'vitest'
import { collectLogLines } from '../ground/log-lines.ts'
import { expectNothingTwice } from '../ground/producers/die-over-contacts.ts'
import { openRig, type Rig } from '../ground/producers/rig.ts'

let rig: Rig
beforeEach(async () => {
  rig = await openRig('app state deaths', collectLogLines())
})
afterEach(async () => {
  await rig.close()
})

test(
  '[B1] [B2] of 5,000 contacts none is told again over ten deaths',
  () => expectNothingTwice(rig, { contacts: 5_000, deaths: 10 }),
  600_000,
)
