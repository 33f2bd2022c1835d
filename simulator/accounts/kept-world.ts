// The whole simulated WhatsApp as text, for a simulator of another process to go on with: people, keys, sessions, what is queued, the CDN.
import { fromJson, toJson } from '../control/bytes-json.ts'
import type { CdnState, Planned } from '../media/cdn.ts'
import type { Authority } from '../server/noise.ts'
import { createDirectory, type Directory, emptyDirectory, type Group, type Picture } from './directory.ts'
import { type KeptAccount, keepAccount, readAccount } from './kept-companions.ts'
import { type KeptPerson, keepPerson, readPerson } from './kept-people.ts'
import type { World } from './world.ts'

type KeptWorld = {
  authority: Authority
  people: KeptPerson[]
  accounts: KeptAccount[]
  groups: Group[]
  nextGroup: number
  pictures: [string, Picture][]
  files: [string, Buffer][]
  /** timesLeft null: every. */
  faults: [string, Omit<Planned, 'timesLeft'> & { timesLeft: number | null }][]
}
/** What a simulator begins with. */
export type Beginning = { authority: Authority; directory: Directory; cdn: CdnState }

/** Secrets included, connections not. */
export async function keepWorld({ authority, directory, cdn }: World): Promise<string> {
  const accounts = await Promise.all([...directory.state.accounts.values()].map(keepAccount))
  const { people, groups, nextGroup, pictures } = directory.state
  const { files, faults } = cdn.state()
  const kept: KeptWorld = {
    authority,
    people: [...people.values()].map(keepPerson),
    accounts,
    groups: [...groups.values()],
    nextGroup,
    pictures: [...pictures],
    files: [...files],
    faults: [...faults].map(([path, { fault, timesLeft }]) => [
      path,
      { fault, timesLeft: timesLeft === Number.POSITIVE_INFINITY ? null : timesLeft },
    ]),
  }
  return toJson(kept)
}

/** Of what keepWorld wrote. */
export function readWorld(text: string): Beginning {
  const kept = fromJson(text) as KeptWorld
  const directory = createDirectory({
    ...emptyDirectory(),
    people: new Map(kept.people.map(person => [person.contact.pn, readPerson(person)])),
    groups: new Map(kept.groups.map(group => [group.id, group])),
    nextGroup: kept.nextGroup,
    pictures: new Map(kept.pictures),
  })
  for (const account of kept.accounts) readAccount(directory, account)
  const faults = kept.faults.map(
    ([path, { fault, timesLeft }]) => [path, { fault, timesLeft: timesLeft ?? Number.POSITIVE_INFINITY }] as const,
  )
  return { authority: kept.authority, directory, cdn: { files: new Map(kept.files), faults: new Map(faults) } }
}
