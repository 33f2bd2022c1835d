// Guarantee: connections to Postgres that break before, inside and after requests and answers, and a Postgres that hangs, change nothing.
import { test } from 'vitest'
import { expectCutsChangeNothing } from '../ground/scenarios/expect-cuts-change-nothing.ts'
import { external, onEachSetup } from '../ground/scenarios/setups.ts'

onEachSetup(() => {
  test(
    '[B2] [B3] [D2] [H4] cut connections to Postgres lose, double and reorder none of 220 messages',
    { timeout: 180_000 },
    context => expectCutsChangeNothing('postgres', context),
  )
}, [external])
