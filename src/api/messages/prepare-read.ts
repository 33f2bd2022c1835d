// What every read of an instance's chats, contacts, groups, calls, labels, messages and media takes, and begins with.
import { z } from 'zod'
import type { Database } from '../../database/database.ts'
import { demandInstance } from '../instances/read-instances.ts'
import type { KeptPositions } from '../kept-positions.ts'
import { pageQuery } from '../pagination.ts'
import { awaitPosition, waitForQuery } from '../position.ts'

export type ReadDeps = { database: Database; kept: KeptPositions; stopping: AbortSignal }

/** Throws Problem where there is no such instance, or the position is not reached. */
export async function prepareRead(deps: ReadDeps, id: string, waitFor: string | undefined): Promise<void> {
  await demandInstance(deps.database, id)
  await awaitPosition(deps, waitFor)
}

export const ofInstance = z.object({ id: z.string() })
export const pageOfInstance = { ...pageQuery, ...waitForQuery }
