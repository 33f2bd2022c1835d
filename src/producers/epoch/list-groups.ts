// The groups of an account are asked for once after each linking, all in one query; from then on their notifications say what changes, and
// WhatsApp says where its list differs from what this device was told (`dirty`; Baileys lib/Socket/groups.js).
import { groupsListed, type ListedGroup } from '../../convert/notifications/group-list.ts'
import type { State } from '../told/differing.ts'
import type { Told } from '../told/told.ts'
import { ofLinking } from '../told/told-rows.ts'

/** Told once the list is in the log, so that a death before that asks again. */
const groupsAreListed: State = { entity: ofLinking, id: 'groups', fields: { areListed: true } }

/** Asked for anew: what was told of them may be missing, such as a list that was acknowledged (`cleanDirtyBits`) before it was durable. */
export const forgetList = (told: Pick<Told, 'change'>): void =>
  told.change([{ ...groupsAreListed, fields: { areListed: false } }], Promise.resolve())

type Deps = {
  told: Pick<Told, 'differs' | 'change'>
  /** Answers with the list as Baileys reads it. */
  ask(): Promise<unknown>
  /** Answers whether nothing was left out; called as soon as there is an answer, so that what is said later is newer. */
  tell(groups: readonly ListedGroup[]): Promise<boolean>
}

/** What changes while groups are ignored is not told: they are asked for anew once they are not. Rejects as `ask` and `tell` do. */
export async function followGroups(areIgnored: boolean, deps: Deps): Promise<void> {
  if (areIgnored) forgetList(deps.told)
  else await listGroups(deps)
}

/** Rejects where WhatsApp refuses or does not answer: the next connection asks again. */
async function listGroups({ told, ask, tell }: Deps): Promise<void> {
  if (!(await told.differs(groupsAreListed))) return
  const isWhole = await tell(groupsListed(await ask()))
  // What was left out is asked for once it is not ignored any more.
  if (isWhole) told.change([groupsAreListed], Promise.resolve())
}
