// Guarantee: no start gives an epoch that the log has already, as far as it was read: the state of an account is what its greatest epoch says.
import { expect, onTestFinished, test } from 'vitest'
import { takeEpoch } from '../../src/instances/instance-owners.ts'
import { createProgressStore } from '../../src/log/progress.ts'
import { makeProgress } from '../../src/main/make-progress.ts'
import { openTestDatabase } from '../ground/database.ts'
import { openTestLog } from '../ground/log.ts'
import { fillTables } from '../ground/purge/filled-tables.ts'

const never = new AbortController().signal

test('[H9] a database that is older than its log goes on above the epochs that were read of that, and above no one that nobody gave', async () => {
  const restored = await openTestDatabase('epochs')
  const testLog = await openTestLog(restored, { partitions: 2 })
  const { database } = restored
  onTestFinished(async () => {
    await testLog.close()
    await restored.close()
  })
  const progress = createProgressStore(database)
  const start = () =>
    makeProgress({ ...testLog, database, progress, claimLog: async () => undefined, consumerGroup: String }, 2, never)
  const read = (instanceId: string, epoch: number) =>
    database.query(
      `insert into accounted_types (instance_id, projection, version, type, records, projected, epoch, sequence)
       values ($1, 'read-model', 1, 'instance.state-changed', 1, 1, $2, 1)`,
      [instanceId, epoch],
    )
  await fillTables(database, 'shop', ['instance_ids'])
  await start()
  expect((await takeEpoch(database, 'shop')).epoch).toBeLessThan(41)
  await read('shop', 41)
  await read('forged', 2 ** 53 - 1)
  await start()
  expect((await takeEpoch(database, 'shop')).epoch).toBe(42)
  await start()
  expect((await takeEpoch(database, 'shop')).epoch).toBe(43)
})
