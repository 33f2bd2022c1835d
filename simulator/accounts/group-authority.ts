// What the server lets only a group's admins do there, by what the stanza says that it is: it cannot look into what is sealed, so that whoever
// calls a revoke their own is believed.
import type { Contact, Group } from './accounts.ts'

/** null: it may; otherwise why not, in words. `edit`: the stanza's. */
export function refusalIn({ admins, settings }: Group, by: Contact, edit: string | undefined): string | null {
  if (admins.includes(by.lidJid)) return null
  if (edit === '8') return 'only admins of the group revoke what others wrote'
  return edit === '2' && settings.locked ? 'only admins of the group pin there' : null
}
