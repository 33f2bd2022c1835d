// Which chats the settings of an instance leave out of the log.
import { isGroup, isNewsletter, isStatus } from './jid.ts'

export type IgnoredChats = Readonly<Record<'ignoreGroups' | 'ignoreStatus' | 'ignoreNewsletters', boolean>>

/** The name it is counted under; null: it is kept. */
export function ignoredAs(settings: IgnoredChats, chat: string): string | null {
  if (settings.ignoreGroups && isGroup(chat)) return 'settings ignoreGroups'
  if (settings.ignoreStatus && isStatus(chat)) return 'settings ignoreStatus'
  return settings.ignoreNewsletters && isNewsletter(chat) ? 'settings ignoreNewsletters' : null
}
