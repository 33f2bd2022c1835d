// The groups of an account are asked for once after each linking, all in one query; from then on their notifications say what changes, and
// WhatsApp says where its list differs from what this device was told (`dirty`; Baileys lib/Socket/groups.js).
import type { State } from '../told/differing.ts'
import type { Told } from '../told/told.ts'
import { ofLinking } from '../told/told-rows.ts'

/** Told once the list is in the log, so that a death before that asks again. */
export const groupsAreListed: State = { entity: ofLinking, id: 'groups', fields: { areListed: true } }

/** Rejects where WhatsApp refuses or does not answer: the next connection asks again. */
export async function listGroups(told: Pick<Told, 'differs'>, ask: () => Promise<void>): Promise<void> {
  if (await told.differs(groupsAreListed)) await ask()
}
