// Instances as Evolution API shows them: what it knows of one that we do not is null.
import { z } from 'zod'
import type { Transaction } from '../../database/database.ts'
import { optional } from '../dialect.ts'
import type { Instance } from '../instances/instance-shapes.ts'
import { listInstances } from '../instances/read-instances.ts'
import { Problem } from '../problems.ts'
import { shownSettings } from './instance-bodies.ts'

/** Its words for a socket are open, connecting and close. */
const stateWords: Readonly<Record<string, string>> = { open: 'open', closed: 'close', 'logged-out': 'close' }
const wordOf = (state: string): string => stateWords[state] ?? 'connecting'

export const stateOf = ({ id, state }: Instance) => ({ instance: { instanceName: id, state: wordOf(state) } })

/** Baileys' numbers of why a connection ended (DisconnectReason in its lib/Types/index.js), which clients compare. */
const endCodes: Readonly<Record<string, number>> = { 'logged-out': 401, banned: 403, replaced: 440 }

const endOf = ({ state, reason, stateAt }: Instance) => {
  const isOver = wordOf(state) === 'close'
  return {
    disconnectionReasonCode: isOver ? (endCodes[reason ?? state] ?? null) : null,
    disconnectionAt: isOver ? stateAt : null,
  }
}

const shownOf = (instance: Instance) => ({
  ...{ id: instance.id, name: instance.id, connectionStatus: wordOf(instance.state) },
  ownerJid: instance.phone === null ? null : `${instance.phone}@s.whatsapp.net`,
  profileName: instance.name,
  profilePicUrl: null,
  integration: 'WHATSAPP-BAILEYS',
  number: instance.phone,
  businessId: null,
  token: null,
  clientName: null,
  ...endOf(instance),
  disconnectionObject: null,
  disconnectionReason: instance.reasonText,
  createdAt: instance.createdAt,
  updatedAt: instance.stateAt,
  Setting: shownSettings(instance),
})
type Shown = ReturnType<typeof shownOf>

/** It has no pages. */
async function everyInstance(database: Transaction): Promise<readonly Shown[]> {
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
type Which = z.infer<typeof whichInstances>

/** All where none is named. Throws Problem where there is none of that name. */
export async function instancesOf(database: Transaction, which: Which): Promise<readonly Shown[]> {
  const found = (await everyInstance(database)).filter(one => isOf(one, which))
  const named = which.instanceName ?? which.instanceId ?? which.number
  if (found.length === 0 && named !== undefined)
    throw new Problem('instance-not-found', `there is no instance ${named.slice(0, 63)}`)
  return found
}

const isOf = (shown: Shown, { instanceName, instanceId, number }: Which): boolean =>
  [instanceName ?? shown.id, instanceId ?? shown.id].every(id => id === shown.id) && (number ?? shown.number) === shown.number
