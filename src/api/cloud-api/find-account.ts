// Which instance a phone-number-id is: its own id, or the digits of the phone that it is linked to.
import { z } from 'zod'
import type { Transaction } from '../../database/database.ts'
import { isThere } from '../../instances/instance-ids.ts'
import type { Instance } from '../instances/instance-shapes.ts'
import { instancesOfPhone, readInstance } from '../instances/read-instances.ts'
import { Problem } from '../problems.ts'

/** As paths have it. */
export const ofAccount = z.object({ account: z.string() })

/** Throws Problem `instance-not-found`. */
export async function accountOf(database: Transaction, account: string): Promise<Instance> {
  if (await isThere(database, account)) return readInstance(database, account)
  const linked = /^\d{5,20}$/.test(account) ? await instancesOfPhone(database, account) : []
  const [first] = linked
  if (first !== undefined && linked.length === 1) return first
  const shown = account.slice(0, 63)
  throw new Problem(
    'instance-not-found',
    first === undefined
      ? `no instance has the id ${shown}, and none is linked to a phone of these digits`
      : `several instances are linked to ${shown}, so that one of them has to be named by its id: ${linked.map(({ id }) => id).join(', ')}`,
  )
}
