// Whether an endpoint gets an event: by instance, by type, by origin, by chat. Pure; every address known of the chat counts.
import { notByDefault } from '../../events/not-by-default.ts'
import { topicOfName } from '../../events/topics.ts'
import { matchesPattern } from '../../events/vocabulary.ts'

export type MatchingSettings = {
  /** null: every instance. */
  instanceIds: readonly string[] | null
  /** Names and patterns; null: the default set. */
  eventTypes: readonly string[] | null
  /** Whether it gets states that were told as a whole, too. */
  snapshots: boolean
  chatsInclude: readonly string[] | null
  chatsExclude: readonly string[] | null
}
export type Subject = {
  instanceId: string
  type: string
  /** Not one of a whole state that was told (its origin is snapshot or history), nor of a time before. */
  isChange: boolean
  /** The LID and phone-number JID of the event's chat, as far as known; empty: it belongs to none. */
  addresses: readonly string[]
}

export function matchEndpoint(settings: MatchingSettings, subject: Subject): boolean {
  if (settings.instanceIds !== null && !settings.instanceIds.includes(subject.instanceId)) return false
  if (!subject.isChange && !settings.snapshots && !namesHistory(settings.eventTypes, subject.type)) return false
  if (!matchesType(settings.eventTypes, subject.type)) return false
  if (subject.addresses.length === 0) return true
  const named = (chats: readonly string[] | null) => chats?.some(chat => subject.addresses.includes(chat)) ?? null
  if (named(settings.chatsExclude) === true) return false
  return named(settings.chatsInclude) ?? true
}

/** What is never a change is wanted where its very name is: nobody's `message.*` meant what was before. */
const namesHistory = (patterns: readonly string[] | null, type: string): boolean =>
  topicOfName(type) === 'history' && patterns?.includes(type) === true

/** Omitted types mean everything but what is noisy or internal to most clients. */
function matchesType(patterns: readonly string[] | null, type: string): boolean {
  if (patterns === null) return !notByDefault.some(pattern => matchesPattern(pattern, type))
  return patterns.some(pattern => matchesPattern(pattern, type))
}
