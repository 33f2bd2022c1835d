// Instances as Evolution API shows them: what it knows of one that we do not is null.
import { z } from 'zod'
import type { Transaction } from '../../database/database.ts'
import { optional } from '../dialect.ts'
import type { Instance } from '../instances/instance-shapes.ts'
import { listInstances } from '../instances/read-instances.ts'

/** Its words for a socket are open, connecting and close. */
const stateWords: Readonly<Record<string, string>> = { open: 'open', closed: 'close', 'logged-out': 'close' }
const wordOf = (state: string): string => stateWords[state] ?? 'connecting'

export const stateOf = ({ id, state }: Instance) => ({ instance: { instanceName: id, state: wordOf(state) } })

const shownOf = ({ id, name, state, reasonText, phone, createdAt, stateAt }: Instance) => ({
  ...{ id, name: id, connectionStatus: wordOf(state) },
  ownerJid: phone === null ? null : `${phone}@s.whatsapp.net`,
  profileName: name,
  profilePicUrl: null,
  integration: 'WHATSAPP-BAILEYS',
  number: phone,
  businessId: null,
  token: null,
  disconnectionReason: reasonText,
  createdAt,
  updatedAt: stateAt,
})
type Shown = ReturnType<typeof shownOf>

/** It has no pages. */
export async function everyInstance(database: Transaction): Promise<readonly Shown[]> {
  const shown: Shown[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await listInstances(database, { cursor, limit: 200 })
    shown.push(...page.data.map(shownOf))
    cursor = page.nextCursor
  }
  return shown
}

export const whichInstances = z.object({
  instanceName: optional(z.string()),
  instanceId: optional(z.string()),
  number: optional(z.string()),
})

export const isOf = (shown: Shown, { instanceName, instanceId, number }: z.infer<typeof whichInstances>): boolean =>
  [instanceName ?? shown.id, instanceId ?? shown.id].every(id => id === shown.id) && (number ?? shown.number) === shown.number
