// The log that has moved is deleted where it was.
import type { Database } from '../../database/database.ts'
import { deleteMoved, readMove } from '../../log/postgres/move-out.ts'
import { MoveRefused } from './move-refused.ts'

/** Answers how many records there were; called again none. Rejects MoveRefused where nothing has moved. */
export async function deleteOld(database: Database, signal: AbortSignal): Promise<{ records: number }> {
  const move = await readMove(database)
  if (move === null || move.movedAt === null)
    throw new MoveRefused('misconfigured', ['the log of this database has not moved: nothing was deleted'])
  return { records: Number(await database.transact(tx => deleteMoved(tx), signal)) }
}
