// Guarantee: whoever ran an earlier version goes on with this one: nothing of its log is lost, nothing is released again, what was owed is
// delivered, and its accounts go on receiving. The fixtures beside this file are what those versions left (make.ts).
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, test } from 'vitest'
import { embedded, external, onEachSetup } from '../ground/scenarios/setups.ts'
import { embeddedSetup } from './embedded-setup.ts'
import {
  expectDeletedStaysDeleted,
  expectEndpointsKept,
  expectNewReceived,
  expectNothingTwice,
  expectOwedDelivered,
  expectQueuedHeard,
  expectQueuedReceived,
} from './expect-going-on.ts'
import { expectLogGoesOn, expectSameAnswers, expectSameDeliveries } from './expect-same.ts'
import { expectThreadsGoOn } from './expect-threads.ts'
import { externalSetup } from './external-setup.ts'
import { openKept } from './open-kept.ts'

const folders = readdirSync(fileURLToPath(new URL('.', import.meta.url)), { withFileTypes: true })
const versions = folders.filter(entry => entry.isDirectory()).map(({ name }) => name)
const kept = { [embedded.name]: embeddedSetup, [external.name]: externalSetup }

/** For a busy machine where another run has the port first: one that does nothing else needs about fifteen seconds a setup. */
const START_AND_ALL_MS = 240_000

/** Side by side: each has a port of its own, and mostly waits. */
describe.concurrent.each(versions)('what %s left', version => {
  onEachSetup(({ name }) => {
    test('[B2] [B3] [D2] [D4] [E2] [E3] [E4] [E7] [I2] this version goes on: nothing is lost or released again, accounts go on receiving', {
      timeout: START_AND_ALL_MS,
    }, async () => {
      const world = await openKept(version, kept[name] ?? embeddedSetup)
      try {
        await expectSameAnswers(world)
        await expectQueuedReceived(world)
        await expectOwedDelivered(world)
        await expectQueuedHeard(world)
        await expectNewReceived(world)
        await expectThreadsGoOn(world)
        await expectEndpointsKept(world)
        await expectSameDeliveries(world)
        await expectDeletedStaysDeleted(world)
        await expectLogGoesOn(world)
        expectNothingTwice(world)
      } finally {
        await world.close()
      }
    })
  })
})
