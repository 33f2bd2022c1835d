// The group that a control call names: as it is by now where it is known, so that no call undoes what another changed.
import type { z } from 'zod'
import type { Contact, Group } from '../accounts/accounts.ts'
import type { Simulator } from '../simulator.ts'
import type { group } from './requests.ts'

/** `subject` and `members` say how it begins, with the owner in it; without a subject it is called by its id. `writer` is in it from then on. */
export function namedGroup(
  simulator: Simulator,
  { id, subject = id, members = [] }: Omit<z.infer<typeof group>, 'subject'> & Partial<Pick<z.infer<typeof group>, 'subject'>>,
  { owner, writer }: { owner: Contact; writer?: Contact },
): Group {
  const known = simulator.groupById(id)
  const before = known?.members ?? [owner, ...members.map(simulator.contact)]
  const all = writer === undefined ? before : [...before, writer]
  const byPn = new Map(all.map(member => [member.pn, member]))
  return simulator.group({ id, subject: known?.subject ?? subject, members: [...byPn.values()] })
}
