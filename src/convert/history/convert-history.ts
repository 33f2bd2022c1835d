// What the phone's history says, as events: entry by entry, each converted by itself. Pure; the same entry gives the same ids however often and in
// whichever part of a history it comes.
import { createLru } from '../../runtime/lru.ts'
import type { KnownSecrets } from '../convert-message.ts'
import { bareJid } from '../jid.ts'
import type { BroughtSecret, MessageSecret } from '../sealed/message-secret.ts'
import { sealIn } from '../sealed/seal.ts'
import { unwrapMessage } from '../unwrap-message.ts'
import { convertConversation } from './conversation.ts'
import { type Converted, type HistoryContext, type HistoryOf, nothing, passedOver, unreadable } from './history-context.ts'
import { createHistoryPairs } from './history-pairs.ts'
import { convertPastMessage } from './past-message.ts'
import { convertMapping, convertPushName } from './people.ts'
import type { HistoryEntry } from './read-history.ts'

export type HistoryConverter = {
  /** `ordinal`: of a message or a status its place among those of the notification, from 0. Never throws. */
  convert(entry: HistoryEntry, ordinal: number): Converted
}

/** Of one notification. Pairs and secrets that an entry brings are known for those that come after it. */
export function createHistoryConverter(of: HistoryOf): HistoryConverter {
  const brought = createBroughtSecrets()
  const pairs = createHistoryPairs(of.known, of.own)
  for (const pair of of.pairsAhead ?? []) pairs.learn(pair)
  const context: HistoryContext = {
    ...of,
    pairs,
    secretsOf: sealed => [...(of.secretsOf?.(sealed) ?? []), ...brought.of(sealed)],
  }
  return {
    convert: (entry, ordinal) => {
      const converted = convertEntry(entry, ordinal, context)
      if (converted.secret !== null) brought.remember(converted.secret)
      return converted
    },
  }
}

function convertEntry(entry: HistoryEntry, ordinal: number, context: HistoryContext): Converted {
  switch (entry.kind) {
    case 'message':
      return convertPastMessage(entry, ordinal, context)
    case 'status':
      return convertPastMessage({ chat: 'status@broadcast', bytes: entry.bytes, order: null }, ordinal, context)
    case 'conversation':
      return convertConversation(entry.conversation, context)
    case 'pushname':
      return convertPushName(entry, context)
    case 'mapping':
      return convertMapping(entry, context)
    case 'head':
      return nothing
    case 'not-taken':
      return passedOver(entry.name)
    case 'unreadable':
      return unreadable(entry.name)
  }
}

/** About 0.6 KB each. */
const maxSecrets = 10_000
/** These have the names of their options, up to 16 KiB each. */
const maxPolls = 1_000

/** Secrets of this history's own messages, for what is sealed with them behind it. */
function createBroughtSecrets(): { remember(secret: BroughtSecret): void; of: KnownSecrets } {
  const polls = createLru<MessageSecret>(maxPolls)
  const others = createLru<MessageSecret>(maxSecrets)
  const nameOf = (chat: string, messageId: string) => `${bareJid(chat)}\n${messageId}`
  return {
    remember: secret => (secret.options.length > 0 ? polls : others).set(nameOf(secret.chat.id, secret.messageId), secret),
    of: ({ message, origin }) => {
      const id = sealIn(unwrapMessage(message).content)?.target.id
      if (id === undefined) return []
      const name = nameOf(origin.stanza.chat.id, id)
      const known = polls.get(name) ?? others.get(name)
      return known === undefined ? [] : [known]
    },
  }
}
