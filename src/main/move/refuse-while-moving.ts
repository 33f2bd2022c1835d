// A start on the log in Postgres waits for nobody who moves it: it says so, and ends.
import type { Transaction } from '../../database/database.ts'
import { isBeingMoved } from '../../log/postgres/move-out.ts'
import { MoveRefused } from './move-refused.ts'

/** Rejects MoveRefused `log-in-use`. Asked once our connections are there, which whoever moves it looks for behind its lock: one sees the other. */
export async function refuseWhileMoving(database: Transaction): Promise<void> {
  if (await isBeingMoved(database))
    throw new MoveRefused('log-in-use', ['zaplog migrate is at work on this database: let it end first'])
}
