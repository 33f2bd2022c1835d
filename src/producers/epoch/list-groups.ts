// The groups of an account are asked for once after each linking, all in one query; from then on their notifications say what changes, and
// WhatsApp says where its list differs from what this device was told (`dirty`; Baileys lib/Socket/groups.js).
import { groupsListed, type ListedGroup } from '../../convert/notifications/group-list.ts'
import type { State } from '../told/differing.ts'
import type { Told } from '../told/told.ts'
import { ofLinking } from '../told/told-rows.ts'
import type { Say } from './session.ts'

/** Told once the list is in the log, so that a death before that asks again. */
const groupsAreListed: State = { entity: ofLinking, id: 'groups', fields: { areListed: true } }

/** Asked for anew: what was told of them may be missing, such as a list that was acknowledged (`cleanDirtyBits`) before it was durable. */
export const forgetList = (told: Pick<Told, 'change'>): void =>
  told.change([{ ...groupsAreListed, fields: { areListed: false } }], Promise.resolve())

type Deps = {
  clock: () => number
  told: Pick<Told, 'differs' | 'change'>
  /** Answers with the list as Baileys reads it. */
  ask(): Promise<unknown>
  /** Answers whether nothing was left out; called as soon as there is an answer, so that what is said later is newer. */
  tell(groups: readonly ListedGroup[]): Promise<boolean>
}

/** After WhatsApp refused, or did not answer. */
const askAgainMs = 10 * 60 * 1000

/** Of one connection. `follow`: as the settings are, as often as they are looked at. */
export function createGroupList(deps: Deps, say: Say): { follow(areIgnored: boolean): void } {
  let done: boolean | null = null
  let failedAt = Number.NEGATIVE_INFINITY

  async function follow(areIgnored: boolean): Promise<void> {
    try {
      // What changes while groups are ignored is not told: they are asked for anew once they are not.
      if (areIgnored) forgetList(deps.told)
      else await listGroups(deps)
    } catch (error) {
      failedAt = deps.clock()
      done = null
      throw error
    }
  }

  return {
    follow: areIgnored => {
      if (areIgnored === done || deps.clock() - failedAt < askAgainMs) return
      done = areIgnored
      say('groups', follow(areIgnored))
    },
  }
}

/** Rejects where WhatsApp refuses or does not answer. */
async function listGroups({ told, ask, tell }: Deps): Promise<void> {
  if (!(await told.differs(groupsAreListed))) return
  const isWhole = await tell(groupsListed(await ask()))
  // What was left out is asked for once it is not ignored any more.
  if (isWhole) told.change([groupsAreListed], Promise.resolve())
}
