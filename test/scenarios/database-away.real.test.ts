// Guarantee: while Postgres hangs nothing is acknowledged to WhatsApp but what the log has; when it goes on, everything is there, once and in
// order.
import { test } from 'vitest'
import { sideBySide } from '../ground/scenarios/setups.ts'
import { expectNothingLostWithout } from '../ground/scenarios/twenty-seconds-away.ts'

sideBySide(setup => {
  test('[B2] [B3] 20 s without Postgres acknowledge nothing that is not in the log, and lose nothing of 200 messages', {
    timeout: 240_000,
  }, async () => {
    const stage = await setup.openStage()
    try {
      await expectNothingLostWithout(stage.ground.postgres, stage)
    } finally {
      await stage.close()
    }
  })
})
