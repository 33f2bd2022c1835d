// Which chats the settings of an instance leave out of the log.

export type IgnoredChats = Readonly<Record<'ignoreGroups' | 'ignoreStatus' | 'ignoreNewsletters', boolean>>

/** The name it is counted under; null: it is kept. */
export function ignoredAs(settings: IgnoredChats, chat: string): string | null {
  if (settings.ignoreGroups && chat.endsWith('@g.us')) return 'settings ignoreGroups'
  if (settings.ignoreStatus && chat === 'status@broadcast') return 'settings ignoreStatus'
  return settings.ignoreNewsletters && chat.endsWith('@newsletter') ? 'settings ignoreNewsletters' : null
}
