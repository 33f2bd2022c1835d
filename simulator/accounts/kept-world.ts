// The whole simulated WhatsApp as text, for a simulator of another process to go on with: people, keys, sessions, what is queued, the CDN.
import type { Authority } from '../connection/authority.ts'
import type { CdnState, Planned } from '../media/cdn.ts'
import { type Accounts, createAccounts, emptyGroup, type Group, noAccounts, type Picture } from './accounts.ts'
import { fromJson, toJson } from './bytes-json.ts'
import { type KeptAccount, keepAccount, readAccount } from './kept-companions.ts'
import { type KeptPerson, keepPerson, readPerson } from './kept-people.ts'
import type { Profile } from './profile.ts'
import type { World } from './world.ts'

type KeptWorld = {
  authority: Authority
  people: KeptPerson[]
  accounts: KeptAccount[]
  groups: Group[]
  nextGroup: number
  pictures: [string, Picture][]
  /** Not in worlds that were kept before there were any. */
  profiles?: [string, Profile][]
  files: [string, Buffer][]
  /** timesLeft null: every. */
  faults: [string, Omit<Planned, 'timesLeft'> & { timesLeft: number | null }][]
}
/** What a simulator begins with. */
export type Beginning = { authority: Authority; accounts: Accounts; cdn: CdnState }

/** Secrets included, connections not. */
export async function keepWorld({ authority, accounts, cdn }: World): Promise<string> {
  const { people, groups, nextGroup, pictures, profiles } = accounts.state
  const { files, faults } = cdn.state()
  const kept: KeptWorld = {
    authority,
    people: [...people.values()].map(keepPerson),
    accounts: await Promise.all([...accounts.state.accounts.values()].map(keepAccount)),
    groups: [...groups.values()],
    nextGroup,
    pictures: [...pictures],
    profiles: [...profiles],
    files: [...files],
    faults: [...faults].map(([path, { fault, timesLeft }]) => [
      path,
      { fault, timesLeft: timesLeft === Number.POSITIVE_INFINITY ? null : timesLeft },
    ]),
  }
  return toJson(kept)
}

/** What groups did not have in an earlier version. */
const asEarlier = { ...emptyGroup, createdAt: '1700000000' }

/** Of what keepWorld wrote. */
export function readWorld(text: string): Beginning {
  const kept = fromJson(text) as KeptWorld
  const accounts = createAccounts({
    ...noAccounts(),
    people: new Map(kept.people.map(person => [person.contact.pn, readPerson(person)])),
    groups: new Map(kept.groups.map(group => [group.id, { ...asEarlier, ...group }])),
    nextGroup: kept.nextGroup,
    pictures: new Map(kept.pictures),
    profiles: new Map(kept.profiles),
  })
  for (const account of kept.accounts) readAccount(accounts, account)
  const faults = kept.faults.map(
    ([path, { fault, timesLeft }]) => [path, { fault, timesLeft: timesLeft ?? Number.POSITIVE_INFINITY }] as const,
  )
  return { authority: kept.authority, accounts, cdn: { files: new Map(kept.files), faults: new Map(faults) } }
}
