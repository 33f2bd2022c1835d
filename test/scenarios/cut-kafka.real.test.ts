// Guarantee: connections to Kafka that break before, inside and after requests and answers, and a Kafka that hangs, change nothing.
import { test } from 'vitest'
import { expectCutsChangeNothing } from '../ground/scenarios/expect-cuts-change-nothing.ts'
import { external, onEachSetup } from '../ground/scenarios/setups.ts'

onEachSetup(() => {
  test(
    '[B2] [B3] [D2] [H4] cut connections to Kafka lose, double and reorder none of 220 messages',
    { timeout: 180_000 },
    context => expectCutsChangeNothing('kafka', context),
  )
}, [external])
